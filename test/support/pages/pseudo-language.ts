/**
 * A language that nobody speaks: the English texts with every letter accented, in a folder of its own as a translator's would be. What is
 * still plain on a page made with it stands in the page itself, and could be said in no other language.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { folderOfTexts } from "../../../scripts/pages/language.mjs";

const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter, at) => [
    letter,
    [..."áƀçđéƒǧĥíĵķłɱñóƥɋŕšŧúṽŵẋýžÁɃÇĐÉƑǦĤÍĴĶŁⱮÑÓƤɊŔŠŦÚṼŴẊÝŽ"][at] ?? letter,
  ]),
);

/** Every letter of a text accented; escapes stay as they are. */
const accented = (text: string): string => text.replaceAll(/\\.|[A-Za-z]/g, (sign) => LETTERS[sign] ?? sign);

/** The place behind what a template has between `${` and `}`. */
function behindHole(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    if (source[at] === "`") at = behindTemplate(source, at) - 1;
    else if (source[at] === "{") depth += 1;
    else if (source[at] === "}" && --depth === 0) return at + 1;
  }
  throw new Error("a template is never closed");
}

function behindTemplate(source: string, from: number): number {
  let at = from + 1;
  while (source[at] !== "`") at = source.startsWith("${", at) ? behindHole(source, at + 1) : at + (source[at] === "\\" ? 2 : 1);
  return at + 1;
}

/** A template with its own words accented, and those within its holes. */
function accentedTemplate(template: string): string {
  let made = "";
  let plainFrom = 0;
  for (let at = template.indexOf("${"); at >= 0; at = template.indexOf("${", plainFrom)) {
    const behind = behindHole(template, at + 1);
    made += `${accented(template.slice(plainFrom, at))}\${${accentedSource(template.slice(at + 2, behind - 1))}}`;
    plainFrom = behind;
  }
  return made + accented(template.slice(plainFrom));
}

/** A file of texts with every text in it accented. Names of members are none, also where they are in quotes. */
function accentedSource(source: string): string {
  let made = "";
  for (let at = 0; at < source.length;) {
    if (source[at] === "`") {
      const behind = behindTemplate(source, at);
      made += accentedTemplate(source.slice(at, behind));
      at = behind;
      continue;
    }
    const quoted = source[at] === '"' ? (/^"(?:[^"\\]|\\.)*"/.exec(source.slice(at))?.[0] ?? "") : "";
    const isName = quoted !== "" && /\n\s*$/.test(source.slice(0, at)) && source.startsWith(":", at + quoted.length);
    made += quoted === "" ? source[at] : isName ? quoted : accented(quoted);
    at += Math.max(1, quoted.length);
  }
  return made;
}

/** Its files in `folder`. */
export function writePseudoLanguage(folder: string): void {
  const english = folderOfTexts("en");
  for (const entry of readdirSync(english, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(english.length);
    const source = readFileSync(join(english, path), "utf8");
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith("language.ts") ? LANGUAGE : accentedSource(source));
  }
}

/** It is written from right to left, so that nothing but the texts can have said so. */
const LANGUAGE = `export const languageTexts = {
  code: "en-x-pseudo",
  direction: "rtl",
  number: (count: number): string => count.toLocaleString("en"),
} as const;
`;
