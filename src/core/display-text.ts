/**
 * Makes visible what a text could hide: characters that are invisible, that reorder or pile up, and words whose letters
 * are not the ones they look like (after Unicode UTS 39 and UTR 36). Gives segments; how they are drawn is pages/.
 * The classes of characters come from a table of one fixed Unicode version, so that server and browser always agree.
 */
import { characterName } from "./character-names.ts";
import { CLASS_OF_LETTER, CLASS_RUNS, type CharacterClass } from "./character-table.ts";

/** A piece of a text. The sources of all segments, one after the other, are the text. */
export type Segment =
  /** Shown as it is. `rtl`: written from right to left, to be isolated, or it would reorder what stands beside it. */
  | { kind: "plain" | "rtl"; source: string }
  /** Shown as a line break and a tab that can be seen. */
  | { kind: "newline" | "tab"; source: string }
  /** One character (or half of one) shown by its code point, such as `U+202E`, and named. */
  | { kind: "escape"; source: string; label: string; name: string }
  /** A word of mixed scripts, or one whose letters are all taken for letters of another script. */
  | { kind: "suspect"; source: string };

interface ClassRun {
  first: number;
  is: CharacterClass;
}

function readTable(): ClassRun[] {
  let first = 0;
  return Array.from(CLASS_RUNS.matchAll(/([^0-9a-z])([0-9a-z]+)/g), ([, letter = "", length = ""]) => {
    const run = { first, is: CLASS_OF_LETTER[letter] ?? "escape" };
    first += Number.parseInt(length, 36);
    return run;
  });
}
const TABLE = readTable();

function classOf(character: string): CharacterClass {
  const codePoint = character.codePointAt(0) ?? 0;
  let low = 0;
  let high = TABLE.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((TABLE[middle]?.first ?? 0) <= codePoint) low = middle;
    else high = middle - 1;
  }
  return TABLE[low]?.is ?? "escape";
}

/** UTS 39, section 5.4: more marks on one character, or the same twice in a row, are no language's. */
const MAX_MARKS = 4;

/** Characters that hold parts of one name together, so that letters on both sides are judged as one word. */
const JOINER = /^[0-9._'’@-]$/;
/** Blocks whose letters Unicode writes from right to left. */
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** UTS 39, "highly restrictive": the scripts that one language mixes. */
const ONE_LANGUAGE: readonly (readonly CharacterClass[])[] = [
  ["Latin", "Han", "Hiragana", "Katakana"],
  ["Latin", "Han", "Bopomofo"],
  ["Latin", "Han", "Hangul"],
];

/** Letters that most fonts draw as a Latin letter, by script. */
const LATIN_TWINS: Partial<Record<CharacterClass, RegExp>> = {
  Cyrillic: /^[асеорхуіјѕһԁԛԝӏкАВСЕНІЈКМОРЅТХУԌԚԜӀ]$/u,
  Greek: /^[οινκρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]$/u,
};

interface Character {
  source: string;
  is: CharacterClass;
}

/** Marks that pile up, and marks with nothing to stand on, count as hidden. */
function readCharacters(text: string): Character[] {
  const characters: Character[] = [];
  let marks = 0;
  for (const source of text) {
    const before = characters.at(-1);
    let is = classOf(source);
    if (is === "mark") {
      marks += 1;
      const stands = before !== undefined && before.is !== "escape" && before.source !== " " && before.source !== source;
      if (!stands || marks > MAX_MARKS) is = "escape";
    } else {
      marks = 0;
    }
    characters.push({ source, is });
  }
  return characters;
}

function escapeSegment({ source }: Character): Segment {
  if (source === "\n") return { kind: "newline", source };
  if (source === "\t") return { kind: "tab", source };
  const codePoint = source.codePointAt(0) ?? 0;
  const name = classOf(source) === "mark" ? "COMBINING MARK" : characterName(codePoint);
  return { kind: "escape", source, label: `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`, name };
}

/** Scripts of which the text has nothing but letters that look Latin: nothing in it says that it is not Latin. */
function disguisedScripts(characters: readonly Character[]): Set<CharacterClass> {
  const scripts = Object.entries(LATIN_TWINS) as [CharacterClass, RegExp][];
  return new Set(
    scripts
      .filter(([script, twins]) => characters.every(({ source, is }) => is !== script || twins.test(source)))
      .map(([script]) => script),
  );
}

function isSuspect(word: readonly Character[], disguised: ReadonlySet<CharacterClass>): boolean {
  const scripts = new Set(word.map(({ is }) => is).filter((is) => is !== "mark" && is !== "common"));
  if (scripts.has("styled")) return true;
  if (scripts.size === 1) return [...scripts].some((script) => disguised.has(script));
  return scripts.size > 1 && !ONE_LANGUAGE.some((together) => [...scripts].every((script) => together.includes(script)));
}

const isHidden = ({ is }: Character): boolean => is === "escape";
const isOfWord = ({ source, is }: Character): boolean => is !== "escape" && (is !== "common" || JOINER.test(source));

/** Where the run that starts at `start` ends: a hidden character alone, a word, or what stands between words. */
function endOfRun(characters: readonly Character[], start: number): number {
  const first = characters[start] as Character;
  if (isHidden(first)) return start + 1;
  let end = start + 1;
  for (let next = characters[end]; next !== undefined && !isHidden(next); next = characters[++end]) {
    if (next.is !== "mark" && isOfWord(next) !== isOfWord(first)) break;
  }
  return end;
}

/** Which characters belong to a phrase from right to left: its letters, what stands on them, and the spaces between them. */
function rightToLeft(characters: readonly Character[]): boolean[] {
  const flags: boolean[] = [];
  for (const { source, is } of characters) flags.push(is === "mark" ? (flags.at(-1) ?? false) : RTL.test(source));
  for (let i = 1, from = 0; i < characters.length; i++) {
    if (characters[i]?.source === " ") continue;
    if (flags[i] && flags[from]) flags.fill(true, from, i);
    from = i;
  }
  return flags;
}

/** Plain text, split where its direction changes. */
function plainSegments(characters: readonly Character[]): Segment[] {
  const segments: { kind: "plain" | "rtl"; source: string }[] = [];
  const flags = rightToLeft(characters);
  for (const [i, { source }] of characters.entries()) {
    const kind = flags[i] ? "rtl" : "plain";
    const last = segments.at(-1);
    if (last?.kind === kind) last.source += source;
    else segments.push({ kind, source });
  }
  return segments;
}

/**
 * The segments of any text, lone surrogates included. Plain segments hold only characters that can be seen, and the
 * ordinary space; a mark stays in the segment of the character it stands on.
 */
export function displaySegments(text: string): Segment[] {
  const characters = readCharacters(text);
  const disguised = disguisedScripts(characters);
  const segments: Segment[] = [];
  let plain: Character[] = [];
  const flush = (): void => {
    segments.push(...plainSegments(plain));
    plain = [];
  };
  for (let start = 0, end = 0; start < characters.length; start = end) {
    end = endOfRun(characters, start);
    const run = characters.slice(start, end);
    const first = run[0] as Character;
    if (isHidden(first)) {
      flush();
      segments.push(escapeSegment(first));
    } else if (isOfWord(first) && isSuspect(run, disguised)) {
      flush();
      segments.push({ kind: "suspect", source: run.map(({ source }) => source).join("") });
    } else {
      plain.push(...run);
    }
  }
  flush();
  return segments;
}
