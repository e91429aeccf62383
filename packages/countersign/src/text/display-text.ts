/**
 * Makes visible what a text could hide: characters that are invisible, that reorder or pile up, that few devices can show or
 * that look like the marks which are drawn for others, and words whose letters and signs are not the ones they look like
 * (after Unicode UTS 39 and UTR 36). Gives segments; how they are drawn is pages/.
 * The classes of characters come from a table of one fixed Unicode version, so that server and browser always agree.
 */
import { characterName } from "./character-names.ts";
import { CLASS_OF_LETTER, CLASS_RUNS, type CharacterClass, TWIN_RUNS } from "./character-table.ts";
import { type Character, EAST_ASIAN, judgeSigns, SHARED } from "./signs.ts";

/** A piece of a text. The sources of all segments, one after the other, are the text. */
export type Segment =
  /** Shown as it is. `rtl`: written from right to left, to be isolated, or it would reorder what stands beside it. */
  | { kind: "plain" | "rtl"; source: string }
  /** Shown as a line break and a tab that can be seen. */
  | { kind: "newline" | "tab"; source: string }
  /** One character (or half of one) shown by its code point, such as `U+202E`, and named. */
  | { kind: "escape"; source: string; label: string; name: string }
  /** One everyday character that looks like the mark for a space or a tab: shown as it is, and in a way that no mark is. */
  | { kind: "framed"; source: string; label: string; name: string }
  /** A word of mixed scripts or digits, or one that can be taken for a word in ASCII, signs between its letters included. */
  | { kind: "suspect"; source: string };

/** Runs of characters that have something in common, by their first code point. */
interface Run<Is> {
  first: number;
  is: Is;
}

/** Runs of a table, in their order. The pattern tells them apart, its last group being how long one is, in base 36. */
function readRuns<Is>(table: string, pattern: RegExp, isOf: (letter: string, index: number) => Is): Run<Is>[] {
  let first = 0;
  return Array.from(table.matchAll(pattern), ([, letter = "", length = ""], index) => {
    const run = { first, is: isOf(letter, index) };
    first += Number.parseInt(length || "1", 36);
    return run;
  });
}
/** Of the last run and the one before it. */
let [lastLetter, letterBefore] = ["", ""];
const CLASSES = readRuns(CLASS_RUNS, /([^0-9a-z])([0-9a-z]*)/g, (letter) => {
  [lastLetter, letterBefore] = [letter === "'" ? letterBefore : letter, lastLetter];
  return CLASS_OF_LETTER[lastLetter] ?? "escape";
});
const TWINS = readRuns(TWIN_RUNS, /( ?)(\w+)/g, (_, index) => index % 2 === 1);

function find<Is>(runs: readonly Run<Is>[], character: string): Is | undefined {
  const codePoint = character.codePointAt(0) ?? 0;
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle]?.first ?? 0) <= codePoint) low = middle;
    else high = middle - 1;
  }
  return runs[low]?.is;
}

/** The class of a character in the table. */
export const classOf = (character: string): CharacterClass => find(CLASSES, character) ?? "escape";
/** Whether it is a letter that most fonts draw like a character of ASCII. */
const isTwin = (character: string): boolean => find(TWINS, character) ?? false;

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

/** Twins that nobody takes for ASCII where the text shows their alphabet, and without which whole languages would be suspect. */
const LOOSE_TWIN = /^[гбьЬЗӠкшαγσκ]$/u;
/** Words as short as these exist in every language. */
const SHORT_WORD = 2;

/** Digits and signs of ASCII. No language puts marks on them; there a mark would be a comma, a dot or a stroke. */
const BEARS_NO_MARK = /^[\x20-@[-`{-~]$/;

/** Marks that pile up, and marks with nothing to stand on, count as hidden. What few devices can show counts as hidden, too. */
function readCharacters(text: string): Character[] {
  const characters: Character[] = [];
  let marks = 0;
  for (const source of text) {
    const before = characters.at(-1);
    let is = classOf(source);
    if (is === "mark") {
      marks += 1;
      const stands = before !== undefined && before.is !== "escape" && !BEARS_NO_MARK.test(before.source) && before.source !== source;
      if (!stands || marks > MAX_MARKS) is = "escape";
    } else {
      marks = 0;
    }
    characters.push({ source, is: is === "rare" || is === "posing" ? "escape" : is });
  }
  return characters;
}

/** The code point that `character` starts with, as Unicode writes it: `U+202E`. */
export const codePointLabel = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Whether a usual device has nothing but a box for it, the same as for many others. */
export function isRarelyShown(character: string): boolean {
  const is = classOf(character);
  return is === "rare" || is === "other";
}

function nameOf(source: string): string {
  const codePoint = source.codePointAt(0) ?? 0;
  switch (classOf(source)) {
    case "mark":
      return "COMBINING MARK";
    case "rare":
    case "other":
      return "CHARACTER THAT FEW DEVICES CAN SHOW";
    case "posing":
      return characterName(codePoint, "LOOK-ALIKE OF A MARK");
    default:
      return characterName(codePoint, "FORMAT OR UNKNOWN CHARACTER");
  }
}

/** A character by its code point and name. */
export const escapeSegment = (source: string): Extract<Segment, { kind: "escape" }> => ({
  kind: "escape",
  source,
  label: codePointLabel(source),
  name: nameOf(source),
});

function aloneSegment({ source, is }: Character): Segment {
  if (source === "\n") return { kind: "newline", source };
  if (source === "\t") return { kind: "tab", source };
  const escaped = escapeSegment(source);
  return is === "framed" ? { ...escaped, kind: "framed" } : escaped;
}

/** What a whole text says about its words. */
interface Setting {
  /** Scripts that show themselves: the text has letters of theirs that nothing in ASCII looks like. */
  evident: ReadonlySet<CharacterClass>;
  /** Whether digits that are not 0 to 9 are what a reader of this text expects. */
  ownDigits: boolean;
}

function settingOf(characters: readonly Character[]): Setting {
  const letters = characters.filter(({ is }) => !SHARED.has(is));
  const evident = letters.filter(({ source, is }) => is !== "Latin" && !isTwin(source)).map(({ is }) => is);
  const ours = characters.some(({ source, is }) => is === "Latin" || /[0-9]/.test(source));
  return { evident: new Set(evident), ownDigits: !ours && letters.length > 0 };
}

/** Whether every character of the word is one of ASCII or looks like one, and not all are what they look like. */
function passesForAscii(word: readonly Character[], { evident }: Setting): boolean {
  const among = word.some(({ source }) => /[0-9]/.test(source));
  // An apostrophe that is typeset is everybody's.
  const posing = word.filter(({ source, is }) => is !== "mark" && source > "\x7f" && source !== "’");
  const passes = ({ source, is }: Character): boolean =>
    isTwin(source) && is !== "digit" && (among || !evident.has(is) || !LOOSE_TWIN.test(source));
  if (posing.length === 0 || !posing.every(passes)) return false;
  // Written from right to left it looks like nothing of ASCII, unless it stands among that.
  if (posing.length === word.length && posing.every(({ source }) => RTL.test(source))) return false;
  // So do the strokes of East Asia by themselves, where the text has other letters of theirs.
  if (posing.length === word.length && posing.every(({ is }) => EAST_ASIAN.has(is) && evident.has(is))) return false;
  return word.length > SHORT_WORD || posing.some(({ is }) => !evident.has(is));
}

/** What keeps the letters before it visibly apart from those behind it. */
const SEPARATOR = /^[0-9._-]$/;

/**
 * Whether the word is of Latin parts and of parts from right to left, as the name of a file often is: each of one script, and each of the
 * latter with a letter that is like nothing of ASCII. Letters that are like some could be meant as a part of what stands beside them.
 */
function isOfPartsApart(word: readonly Character[], setting: Setting): boolean {
  const parts: Character[][] = [[]];
  for (const one of word) {
    if (SEPARATOR.test(one.source)) parts.push([]);
    else if (one.is !== "mark") parts.at(-1)?.push(one);
  }
  const isApart = (part: readonly Character[]): boolean =>
    part.every(({ is }) => is === "Latin") || (part.every(({ source }) => RTL.test(source)) && part.some(({ source }) => !isTwin(source)));
  return (
    parts.every(isApart) &&
    !passesForAscii(
      word.filter(({ source }) => !RTL.test(source)),
      setting,
    )
  );
}

function isSuspect(word: readonly Character[], setting: Setting): boolean {
  const classes = new Set(word.map(({ is }) => is));
  if (classes.has("unusual") || (classes.has("digit") && !setting.ownDigits)) return true;
  const scripts = [...classes].filter((is) => !SHARED.has(is));
  const isOfOneLanguage = ONE_LANGUAGE.some((together) => scripts.every((script) => together.includes(script)));
  const isApart = scripts.length === 2 && classes.has("Latin") && isOfPartsApart(word, setting);
  const mixed = scripts.length > 1 && !isOfOneLanguage && !isApart;
  return mixed || passesForAscii(word, setting);
}

const isAlone = ({ is }: Character): boolean => is === "escape" || is === "framed";
const isOfWord = ({ source, is }: Character): boolean => !isAlone({ source, is }) && (is !== "common" || JOINER.test(source));

/** Where the run that starts at `start` ends: a character that is shown alone, a word, or what stands between words. */
function endOfRun(characters: readonly Character[], start: number): number {
  const first = characters[start] as Character;
  if (isAlone(first)) return start + 1;
  let end = start + 1;
  for (let next = characters[end]; next !== undefined && !isAlone(next); next = characters[++end]) {
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
  const read = readCharacters(text);
  const setting = settingOf(read);
  const characters = judgeSigns(read, setting.evident);
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
    if (isAlone(first)) {
      flush();
      segments.push(aloneSegment(first));
    } else if (isOfWord(first) && isSuspect(run, setting)) {
      flush();
      segments.push({ kind: "suspect", source: run.map(({ source }) => source).join("") });
    } else {
      plain.push(...run);
    }
  }
  flush();
  return segments;
}

/**
 * A segment where only text can be: its codes in brackets, and the bracket of what would read like one of those, or like the word
 * that is put behind suspect words, as a code too. Line breaks and tabs are for the caller.
 */
export function lineOf(segment: Segment): string {
  if (segment.kind === "escape") return `[${segment.label}]`;
  if (segment.kind === "framed") return `${segment.source}[${segment.label}]`;
  const shown = segment.source.replaceAll(/\[(?=U\+|look-alikes\])/gi, "[U+005B]");
  return segment.kind === "suspect" ? Array.from(shown, (one) => (isRarelyShown(one) ? `[${codePointLabel(one)}]` : one)).join("") : shown;
}

/** Whether anything of a text is seen as itself: neither blank, nor invisible, nor shown by its code. */
export const hasVisible = (text: string): boolean =>
  displaySegments(text).some(({ kind, source }) => kind !== "escape" && kind !== "newline" && kind !== "tab" && source.trim() !== "");
