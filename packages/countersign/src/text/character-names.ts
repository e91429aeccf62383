/** Unicode's names for the characters that display-text.ts shows as escapes. Which ones those are is decided there. */

/** `first` and the names from there on, in order. */
const NAMED: readonly (readonly [first: number, names: string])[] = [
  [
    0x00,
    "NULL|START OF HEADING|START OF TEXT|END OF TEXT|END OF TRANSMISSION|ENQUIRY|ACKNOWLEDGE|BELL|BACKSPACE|TAB|LINE FEED" +
      "|VERTICAL TAB|FORM FEED|CARRIAGE RETURN|SHIFT OUT|SHIFT IN",
  ],
  [0x1b, "ESCAPE"],
  [0x7f, "DELETE"],
  [0x85, "NEXT LINE"],
  [0xa0, "NO-BREAK SPACE"],
  [0xad, "SOFT HYPHEN"],
  [0xb7, "MIDDLE DOT"],
  [0x2d9, "DOT ABOVE"],
  [0x34f, "COMBINING GRAPHEME JOINER"],
  [0x387, "GREEK ANO TELEIA"],
  [0x61c, "ARABIC LETTER MARK"],
  [0x115f, "HANGUL CHOSEONG FILLER|HANGUL JUNGSEONG FILLER"],
  [0x1680, "OGHAM SPACE MARK"],
  [0x180e, "MONGOLIAN VOWEL SEPARATOR"],
  [
    0x2000,
    "EN QUAD|EM QUAD|EN SPACE|EM SPACE|THREE-PER-EM SPACE|FOUR-PER-EM SPACE|SIX-PER-EM SPACE|FIGURE SPACE|PUNCTUATION SPACE" +
      "|THIN SPACE|HAIR SPACE|ZERO WIDTH SPACE|ZERO WIDTH NON-JOINER|ZERO WIDTH JOINER|LEFT-TO-RIGHT MARK|RIGHT-TO-LEFT MARK",
  ],
  [0x2022, "BULLET"],
  [0x2027, "HYPHENATION POINT"],
  [
    0x2028,
    "LINE SEPARATOR|PARAGRAPH SEPARATOR|LEFT-TO-RIGHT EMBEDDING|RIGHT-TO-LEFT EMBEDDING|POP DIRECTIONAL FORMATTING" +
      "|LEFT-TO-RIGHT OVERRIDE|RIGHT-TO-LEFT OVERRIDE|NARROW NO-BREAK SPACE",
  ],
  [0x205f, "MEDIUM MATHEMATICAL SPACE|WORD JOINER|FUNCTION APPLICATION|INVISIBLE TIMES|INVISIBLE SEPARATOR|INVISIBLE PLUS"],
  [0x2066, "LEFT-TO-RIGHT ISOLATE|RIGHT-TO-LEFT ISOLATE|FIRST STRONG ISOLATE|POP DIRECTIONAL ISOLATE"],
  [0x20e3, "COMBINING ENCLOSING KEYCAP"],
  [0x2192, "RIGHTWARDS ARROW"],
  [0x21b5, "DOWNWARDS ARROW WITH CORNER LEFTWARDS"],
  [0x21e5, "RIGHTWARDS ARROW TO BAR"],
  [0x2219, "BULLET OPERATOR"],
  [0x22c5, "DOT OPERATOR"],
  [0x23ce, "RETURN SYMBOL"],
  [0x2800, "BRAILLE PATTERN BLANK"],
  [0x3000, "IDEOGRAPHIC SPACE"],
  [0x30fb, "KATAKANA MIDDLE DOT"],
  [0x3164, "HANGUL FILLER"],
  [0x318d, "HANGUL LETTER ARAEA"],
  [0xfeff, "ZERO WIDTH NO-BREAK SPACE"],
  [0xff65, "HALFWIDTH KATAKANA MIDDLE DOT"],
  [0xffa0, "HALFWIDTH HANGUL FILLER"],
  [0xfffc, "OBJECT REPLACEMENT CHARACTER"],
  [0xe0001, "LANGUAGE TAG"],
];

const NAMES = new Map(NAMED.flatMap(([first, names]) => names.split("|").map((name, i) => [first + i, name] as const)));

const between = (codePoint: number, first: number, last: number): boolean => codePoint >= first && codePoint <= last;

/** What a person is told that `codePoint` is: its name, or what kind of character it is, `otherwise` if that is not known here. */
export function characterName(codePoint: number, otherwise: string): string {
  const name = NAMES.get(codePoint);
  if (name !== undefined) return name;
  if (codePoint < 0x20 || between(codePoint, 0x80, 0x9f)) return "CONTROL CHARACTER";
  if (between(codePoint, 0x300, 0x36f) || between(codePoint, 0x488, 0x489) || between(codePoint, 0x20d0, 0x20f0)) return "COMBINING MARK";
  if (between(codePoint, 0xfe00, 0xfe0f)) return `VARIATION SELECTOR-${codePoint - 0xfe00 + 1}`;
  if (between(codePoint, 0xe0100, 0xe01ef)) return `VARIATION SELECTOR-${codePoint - 0xe0100 + 17}`;
  if (between(codePoint, 0xe0020, 0xe007e)) return `TAG CHARACTER ${String.fromCharCode(codePoint - 0xe0000)}`;
  if (codePoint === 0xe007f) return "CANCEL TAG";
  if (between(codePoint, 0xd800, 0xdfff)) return "LONE SURROGATE";
  if (between(codePoint, 0xe000, 0xf8ff) || codePoint >= 0xf0000) return "PRIVATE USE CHARACTER";
  return otherwise;
}
