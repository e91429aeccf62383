/**
 * Writes packages/countersign/src/text/character-table.ts: node scripts/make-character-table.mjs FOLDER
 * from the Unicode data of the Node that runs it, and from three files in FOLDER, which unicode.org publishes for the same
 * version: confusables.txt and IdentifierStatus.txt of UTS 39, and DerivedAge.txt of the character database.
 * The table is committed, so that every server and browser shows one text the same way whatever Unicode version it knows.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);

/** Calls `take` with the fields of each line, and the code points that the first one stands for. */
function readData(name, take) {
  for (const line of readFileSync(join(folder, name), "utf8").split("\n")) {
    const [first = "", ...fields] = line.replace(/#.*|^\ufeff/g, "").split(";");
    const range = /^([0-9A-F]+)(?:\.\.([0-9A-F]+))?$/.exec(first.trim());
    if (range === null) continue;
    const [from, to] = [range[1], range[2] ?? range[1]].map((digits) => Number.parseInt(digits, 16));
    for (let codePoint = from; codePoint <= to; codePoint++) take(codePoint, ...fields.map((field) => field.trim()));
  }
}

/** What each character is drawn like (UTS 39, section 4). */
const PROTOTYPES = new Map();
readData("confusables.txt", (codePoint, target) => {
  const characters = target.split(" ").map((digits) => String.fromCodePoint(Number.parseInt(digits, 16)));
  PROTOTYPES.set(String.fromCodePoint(codePoint), characters.join(""));
});
/** Characters that UTS 39 recommends for identifiers. */
const RECOMMENDED = new Set();
readData("IdentifierStatus.txt", (codePoint) => RECOMMENDED.add(codePoint));
/** What fonts have had years to learn. */
const USUAL_VERSION = 15;
const USUAL = new Set();
readData("DerivedAge.txt", (codePoint, version) => Number(version) <= USUAL_VERSION && USUAL.add(codePoint));

/** Scripts in everyday use (Unicode UAX 31, table 5), and one that usual devices have letters of and whose letters pass for Latin ones. */
const SCRIPTS = [
  ..."Latin Greek Cyrillic Han Hiragana Katakana Hangul Bopomofo Arabic Armenian Bengali Devanagari Ethiopic Georgian".split(" "),
  ..."Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Cherokee".split(" "),
];
const CLASSES = [
  "escape",
  "rare",
  "posing",
  "framed",
  "mark",
  "common",
  "sign",
  "native",
  "wide",
  "odd",
  "digit",
  "unusual",
  "other",
  ...SCRIPTS,
];

const HIDDEN = /^[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\p{Me}]$/u;
/** Blank though Unicode counts them as symbols or letters. */
const BLANK = new Set("\u2800\ufffc");
/** Strokes drawn through the character before them. */
const OVERLAY = /^[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb]$/u;
const SCRIPT_PATTERNS = SCRIPTS.map((script) => [script, new RegExp(`^\\p{Script=${script}}$`, "u")]);
const HOME_PATTERN = new RegExp(`^[${SCRIPTS.map((script) => `\\p{Script_Extensions=${script}}`).join("")}]$`, "u");

const skeleton = (text) =>
  Array.from(text.normalize("NFD"), (one) => PROTOTYPES.get(one) ?? one)
    .join("")
    .normalize("NFD");
const ASCII = Array.from({ length: 0x5e }, (_, i) => String.fromCharCode(0x21 + i));
const ASCII_SKELETONS = new Set(ASCII.map(skeleton));
/** A stroke, as long as a dash or longer. */
const STROKE = skeleton("—");

/** The marks that pages draw for a space and a tab, and everyday characters that look like them. */
const FRAMED = new Set("·•→・ㆍ");
const DOT = skeleton("·");
/** Others that look like these marks, or like those of the command line, besides what the data says of dots. */
const LIKE_MARKS = /^[˙⦁⸳⬝▪⬩\u119e↲↵⏎⤶↩⏪↦⇢⇥⇨⇾⟶⟼⭢⮕￫➔\u2799-\u27af\u27b1-\u27be]$/u;
/** Everyday typography, by the rules of display-text.ts. */
const TYPOGRAPHY = new Set("‘’‚“”„‹›«»¡¿–—…×");
/** Wide punctuation of East Asian prose, which nobody takes for that of ASCII there. */
const WIDE = new Set("！（），：；？～、。「」『』【】《》〈〉");
/** Everyday abbreviations. */
const ABBREVIATIONS = new Set("™℠№");
/** Drawn like one ASCII character, though that data does not say so. */
const MORE_TWINS = new Set("кκш\u0969\u0ae9\u17e0\u1004\u105a\u0d1f\u0582ーｰ一ㅡ");
const MORE_SIGNS = /^[\u02b9-\u02df\u02e5-\u02ff\u2e40\ua700-\ua721\ua788-\ua78a─━╴╶╌╍┄┅┈┉│┃¦⎯⏤⏐❘⼁。｡､〱〳〵˳ˌˍ⸴⹁⁏¯‾⎺⎻⎼⎽＿￣]$/u;

/** Whether it is drawn like a character of ASCII. */
const isLikeAscii = (character) => ASCII_SKELETONS.has(skeleton(character)) || ASCII_SKELETONS.has(skeleton(character.normalize("NFKC")));

/** What belongs to no usual script or is too new for fonts. Beyond the first plane nothing is usual but emoji and mathematical letters. */
function isRare(character, codePoint) {
  if (codePoint > 0xffff)
    return !/^[\p{Extended_Pictographic}\p{Emoji_Component}\u{1d400}-\u{1d7ff}]$/u.test(character) || !USUAL.has(codePoint);
  return !USUAL.has(codePoint) || (!/^[\p{Script=Common}\p{Script=Inherited}]$/u.test(character) && !HOME_PATTERN.test(character));
}

/** Of what is no letter and no digit. */
function classOfSign(character) {
  const compatible = character.normalize("NFKC");
  if (TYPOGRAPHY.has(character)) return "odd";
  if (WIDE.has(character)) return "wide";
  if (ABBREVIATIONS.has(character)) return "common";
  if (/^[!-~]+$/.test(compatible) && /[A-Za-z0-9]/.test(compatible)) return "unusual";
  if (/^[！-～]$/.test(character)) return "native";
  const isPunctuation = /^[\p{P}\p{Sk}\p{Lm}]$/u.test(character);
  if (isPunctuation && HOME_PATTERN.test(character)) return "native";
  const isLike = isLikeAscii(character) || /^[!-~]+$/.test(compatible) || skeleton(character) === STROKE;
  if (isLike || MORE_SIGNS.test(character) || /^[\p{Ps}\p{Pe}\p{Pd}\p{Pc}]$/u.test(character)) return "sign";
  return isPunctuation ? "odd" : "common";
}

function classOf(codePoint) {
  const character = String.fromCodePoint(codePoint);
  if (codePoint < 0x80) return codePoint < 0x20 || codePoint === 0x7f ? "escape" : /[A-Za-z]/.test(character) ? "Latin" : "common";
  if (codePoint > 0xffff && /^\p{Cn}$/u.test(character) && codePoint < 0xe0000) return "rare";
  if (HIDDEN.test(character) || BLANK.has(character) || OVERLAY.test(character)) return "escape";
  if (FRAMED.has(character)) return "framed";
  if (skeleton(character) === DOT || LIKE_MARKS.test(character)) return "posing";
  const isLetter = /^[\p{L}\p{N}]$/u.test(character);
  if (isRare(character, codePoint))
    return isLetter && codePoint <= 0xffff && isLikeAscii(character) && !RTL.test(character) ? "other" : "rare";
  if (/^\p{M}$/u.test(character)) return "mark";
  const script = SCRIPT_PATTERNS.find(([, pattern]) => pattern.test(character))?.[0];
  if (character === "ー" || character === "ｰ") return "Katakana";
  if (!isLetter || (script === undefined && /^\p{Lm}$/u.test(character))) return codePoint === 0xa0 ? "escape" : classOfSign(character);
  // Fullwidth, mathematical and similar drawings of ASCII; Latin-1's superscripts are everyday text.
  // Letters with accents are what they look like.
  const isRestricted = script === "Latin" && !RECOMMENDED.has(codePoint) && character.normalize("NFD") === character;
  if (codePoint > 0xff && (/^[!-~]+$/.test(character.normalize("NFKC")) || isRestricted)) return "unusual";
  if (codePoint > 0xff && /^\p{Nd}$/u.test(character)) return "digit";
  return script ?? "common";
}
/** Blocks whose letters Unicode writes from right to left. */
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/u;

/** Letters that are drawn like a character of ASCII. */
function isTwin(codePoint) {
  const character = String.fromCodePoint(codePoint);
  if (codePoint <= 0xff || !/^[\p{L}\p{N}]$/u.test(character)) return false;
  return (
    !["escape", "rare", "posing", "framed", "mark", "common", "unusual"].includes(classOf(codePoint)) &&
    (MORE_TWINS.has(character) || isLikeAscii(character))
  );
}

const runs = [];
/** In turn, how many characters are no twins and how many are. */
const twins = [0];
for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
  const name = classOf(codePoint);
  if (runs.at(-1)?.name === name) runs.at(-1).length += 1;
  else runs.push({ name, length: 1 });
  if (isTwin(codePoint) === (twins.length % 2 === 1)) twins.push(0);
  twins[twins.length - 1] += 1;
}
/** No digit and no small letter: those count. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&*+-/:;<=>?@^_|~(){}[]";
const letterOf = (name) => LETTERS[CLASSES.indexOf(name)];
const encoded = runs
  .map(({ name, length }, i) => (name === runs[i - 2]?.name ? "'" : letterOf(name)) + (length === 1 ? "" : length.toString(36)))
  .join("");
const linesOf = (text) =>
  text
    .match(/.{1,128}/g)
    .map((line) => `  "${line}",`)
    .join("\n");

writeFileSync(
  new URL("../packages/countersign/src/text/character-table.ts", import.meta.url),
  `/** Written by scripts/make-character-table.mjs from Unicode ${process.versions.unicode}. What the classes are for is display-text.ts. */

export type CharacterClass = ${CLASSES.map((name) => `"${name}"`).join(" | ")};

/** The letter of each class in the runs. */
export const CLASS_OF_LETTER: Readonly<Record<string, CharacterClass>> = {
${CLASSES.map((name) => `  "${letterOf(name)}": "${name}",`).join("\n")}
};

/**
 * From U+0000 on: a class's letter, or ' for that of the run before the last, then how many characters in a row have it, in base 36,
 * unless it is one.
 */
export const CLASS_RUNS = [
${linesOf(encoded)}
].join("");

/** From U+0000 on: how many characters in a row are not drawn like one in ASCII, then how many are, in base 36, and so on. */
export const TWIN_RUNS = [
${linesOf(twins.map((length) => length.toString(36)).join(" "))}
].join("");
`,
);
