/**
 * Pairs of members that say how something was and how it will be, and what differs between the two. Pure, and bounded: where comparing
 * would take too long, all of a stretch counts as different; what is left unmarked is the same on both sides.
 */
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { type TextPiece, textPieces } from "../text-view.ts";

/**
 * What differs of a value from its counterpart: all of it; all of it and its name, which has no counterpart; some stretches of a text;
 * some members or items by their name.
 */
export type Difference =
  | "none"
  | "all"
  | "alone"
  | { ranges: readonly (readonly [from: number, to: number])[] }
  | { members: ReadonlyMap<string, Difference> };

/** The words that names are paired by, the earlier first. */
const WORDS = [
  ["before", "after"],
  ["old", "new"],
] as const;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Such a word in a name: as all of it, or set off by a sign or by a capital. */
const SPELLINGS = WORDS.flatMap(([earlier, later]) => [
  { word: new RegExp(`(?<![A-Za-z])${earlier}(?![a-z])`), other: later },
  { word: new RegExp(`(?<![A-Z])${capital(earlier)}(?![a-z])`), other: capital(later) },
  { word: new RegExp(`(?<![A-Za-z])${earlier.toUpperCase()}(?![A-Za-z])`), other: later.toUpperCase() },
]);

/**
 * The name that says how it will be, if `name` says how it was and `members` has both: `before` and `after`, `old` and `new`, also as
 * a part of two names that are otherwise the same. `from` and `to` only where they are all there is: beside an amount they are two
 * accounts, and no change.
 */
export function counterpartOf(name: string, members: JsonObject): string | undefined {
  if (name === "from" && Object.hasOwn(members, "to") && Object.keys(members).length === 2) return "to";
  const names = SPELLINGS.filter(({ word }) => word.test(name)).map(({ word, other }) => name.replace(word, other));
  return names.find((other) => Object.hasOwn(members, other));
}

/** More pairs of pieces than this are not compared one by one. */
const MOST_COMPARED = 250_000;

/** For each piece of `a` and of `b`, whether it is also in the other, in the same order: the longest such sequence. */
function commonOf(a: readonly string[], b: readonly string[]): [boolean[], boolean[]] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const inA = a.map((_, i) => i < start || i >= a.length - end);
  const inB = b.map((_, i) => i < start || i >= b.length - end);
  const [rows, columns] = [a.length - start - end, b.length - start - end];
  if (rows * columns > MOST_COMPARED) return [inA, inB];

  const width = columns + 1;
  const longest = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const isSame = a[start + row] === b[start + column];
      longest[row * width + column] = isSame ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (a[start + row] === b[start + column]) {
      inA[start + row++] = true;
      inB[start + column++] = true;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return [inA, inB];
}

/** The stretches of neighbours that are not common, side by side: before, between and behind the common ones. */
function gapsOf([inA, inB]: readonly [readonly boolean[], readonly boolean[]]): { a: [number, number]; b: [number, number] }[] {
  const gaps: { a: [number, number]; b: [number, number] }[] = [];
  for (let i = 0, j = 0; i <= inA.length && j <= inB.length; i++, j++) {
    const [fromA, fromB] = [i, j];
    while (inA[i] === false) i += 1;
    while (inB[j] === false) j += 1;
    if (i > fromA || j > fromB) gaps.push({ a: [fromA, i], b: [fromB, j] });
  }
  return gaps;
}

type Range = [from: number, to: number];

/** The pieces of a text, a line each. */
function linesOfPieces(text: string): TextPiece[][] {
  const lines: TextPiece[][] = [];
  let isEnded = true;
  for (const piece of textPieces(text)) {
    if (isEnded) lines.push([]);
    lines.at(-1)?.push(piece);
    isEnded = text.charAt(piece.end - 1) === "\n";
  }
  return lines;
}

/** From the first of these pieces to the last; nothing if there are none. */
const rangeOf = (pieces: readonly TextPiece[]): Range[] => {
  const [first, last] = [pieces[0], pieces.at(-1)];
  return first === undefined || last === undefined ? [] : [[first.start, last.end]];
};

/** Lines that differ, and within lines that take the place of others the pieces. */
function betweenTexts(a: string, b: string): [Difference, Difference] {
  const ranges: [Range[], Range[]] = [[], []];
  const add = (ofA: readonly TextPiece[], ofB: readonly TextPiece[]): void => {
    ranges[0].push(...rangeOf(ofA));
    ranges[1].push(...rangeOf(ofB));
  };
  const [linesA, linesB] = [linesOfPieces(a), linesOfPieces(b)];
  const written = (text: string, pieces: readonly TextPiece[]): string =>
    rangeOf(pieces)
      .map(([from, to]) => text.slice(from, to))
      .join("");
  const lines = commonOf(
    linesA.map((line) => written(a, line)),
    linesB.map((line) => written(b, line)),
  );
  for (const gap of gapsOf(lines)) {
    const [piecesA, piecesB] = [linesA.slice(...gap.a).flat(), linesB.slice(...gap.b).flat()];
    const pieces = commonOf(
      piecesA.map((piece) => written(a, [piece])),
      piecesB.map((piece) => written(b, [piece])),
    );
    for (const inner of gapsOf(pieces)) add(piecesA.slice(...inner.a), piecesB.slice(...inner.b));
  }
  return [{ ranges: ranges[0] }, { ranges: ranges[1] }];
}

function betweenLists(a: readonly JsonValue[], b: readonly JsonValue[]): [Difference, Difference] {
  const [ofA, ofB] = [new Map<string, Difference>(), new Map<string, Difference>()];
  for (const gap of gapsOf(commonOf(a.map(canonicalize), b.map(canonicalize)))) {
    const length = Math.max(gap.a[1] - gap.a[0], gap.b[1] - gap.b[0]);
    const isReplaced = gap.a[1] - gap.a[0] === gap.b[1] - gap.b[0];
    for (let i = 0; i < length; i++) {
      const [atA, atB] = [gap.a[0] + i, gap.b[0] + i];
      const [one, other]: [Difference, Difference] = isReplaced
        ? changesBetween(a[atA] as JsonValue, b[atB] as JsonValue)
        : ["alone", "alone"];
      if (atA < gap.a[1]) ofA.set(String(atA + 1), one);
      if (atB < gap.b[1]) ofB.set(String(atB + 1), other);
    }
  }
  return [{ members: ofA }, { members: ofB }];
}

function betweenObjects(a: JsonObject, b: JsonObject): [Difference, Difference] {
  const [ofA, ofB] = [new Map<string, Difference>(), new Map<string, Difference>()];
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const isInBoth = Object.hasOwn(a, name) && Object.hasOwn(b, name);
    const [one, other]: [Difference, Difference] = isInBoth
      ? changesBetween(a[name] as JsonValue, b[name] as JsonValue)
      : ["alone", "alone"];
    ofA.set(name, one);
    ofB.set(name, other);
  }
  return [{ members: ofA }, { members: ofB }];
}

const isObject = (value: JsonValue): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** What differs between how it was and how it will be, for each of the two. */
export function changesBetween(a: JsonValue, b: JsonValue): [Difference, Difference] {
  if (canonicalize(a) === canonicalize(b)) return ["none", "none"];
  if (typeof a === "string" && typeof b === "string" && a !== "" && b !== "") return betweenTexts(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return betweenLists(a, b);
  return isObject(a) && isObject(b) ? betweenObjects(a, b) : ["all", "all"];
}

/** What differs of one member or item. */
export function differenceOf(change: Difference, name: string): Difference {
  // Of what is another all is another, down to the names.
  if (typeof change === "string") return change === "all" ? "alone" : change;
  return "members" in change ? (change.members.get(name) ?? "none") : "all";
}

/** Whether a stretch of a text differs. */
export function isChanged(change: Difference, from: number, to: number): boolean {
  if (typeof change === "string") return change !== "none";
  return !("ranges" in change) || change.ranges.some(([start, end]) => start < to && end > from);
}
