/**
 * Writes src/core/character-table.ts from the Unicode data of the Node that runs it: node scripts/make-character-table.mjs
 * The table is committed, so that every server and browser shows one text the same way whatever Unicode version it knows.
 */
import { writeFileSync } from "node:fs";

/** Scripts in everyday use (Unicode UAX 31, table 5), and those whose letters are taken for Latin ones. */
const SCRIPTS = [
  ..."Latin Greek Cyrillic Han Hiragana Katakana Hangul Bopomofo Arabic Armenian Bengali Devanagari Ethiopic Georgian".split(" "),
  ..."Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan".split(" "),
  ..."Cherokee Coptic".split(" "),
];
const CLASSES = ["escape", "mark", "common", "styled", "other", ...SCRIPTS];

const HIDDEN = /^[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\p{Me}]$/u;
/** Blank though Unicode counts them as symbols or letters. */
const BLANK = new Set([0x2800, 0xfffc, 0x13441, 0x13442, 0x16fe4, 0x1d159]);
/** Strokes drawn through the character before them. */
const OVERLAY = /^[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb\u{10a39}\u{1bc9e}]$/u;
const SCRIPT_PATTERNS = SCRIPTS.map((script) => [script, new RegExp(`^\\p{Script=${script}}$`, "u")]);

function classOf(codePoint) {
  const character = String.fromCodePoint(codePoint);
  if (character === " ") return "common";
  if (HIDDEN.test(character) || BLANK.has(codePoint) || OVERLAY.test(character)) return "escape";
  if (/^\p{M}$/u.test(character)) return "mark";
  if (!/^[\p{L}\p{N}]$/u.test(character)) return "common";
  // Fullwidth, mathematical and similar drawings of ASCII letters; Latin-1's superscripts are everyday text.
  if (codePoint > 0xff && /^[A-Za-z0-9]+$/.test(character.normalize("NFKC"))) return "styled";
  if (/^[\p{Script=Common}\p{Script=Inherited}]$/u.test(character)) return "common";
  return SCRIPT_PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? "other";
}

const runs = [];
for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
  const name = classOf(codePoint);
  if (runs.at(-1)?.name === name) runs.at(-1).length += 1;
  else runs.push({ name, length: 1 });
}
/** No digit and no small letter: those count. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&*+-/:;<=>?@^_|~";
const letterOf = (name) => LETTERS[CLASSES.indexOf(name)];
const encoded = runs.map(({ name, length }) => letterOf(name) + length.toString(36)).join("");
const lines = encoded.match(/.{1,128}/g).map((line) => `  "${line}",`);

writeFileSync(
  new URL("../src/core/character-table.ts", import.meta.url),
  `/** Written by scripts/make-character-table.mjs from Unicode ${process.versions.unicode}. What the classes are for is display-text.ts. */

export type CharacterClass = ${CLASSES.map((name) => `"${name}"`).join(" | ")};

/** The letter of each class in the runs. */
export const CLASS_OF_LETTER: Readonly<Record<string, CharacterClass>> = {
${CLASSES.map((name) => `  "${letterOf(name)}": "${name}",`).join("\n")}
};

/** From U+0000 on: a class's letter, then how many characters in a row have it, in base 36. */
export const CLASS_RUNS = [
${lines.join("\n")}
].join("");
`,
);
