/**
 * Texts of agents and people as views: everything in them is text, and what could hide is visible (text/display-text.ts).
 * Not in scope: JSON values (value-view.ts), and what is said of the marks before anything is read (caution-view.ts).
 */
import { displaySegments, escapeSegment, isRarelyShown, lineOf, type Segment } from "#countersign/text/display-text.ts";
import { type Level, segmentLevels } from "#countersign/text/levels.ts";
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { element, type View, type ViewElement } from "./view.ts";

/** Where a space, or several in a row, stand in a text. */
interface Stretch {
  from: number;
  to: number;
}

/** Letters are given by ranges, not by script: what a browser knows of Unicode must not change what it shows. */
const LETTER = /[A-Za-z0-9À-ɏͰ-ӿ]/;
const SHORT_WORD = /(?:^|[ \n\t])([!-~À-ɏͰ-ӿ’]{1,14})$/;
/** Signs behind which, and before which, no line ends where they stand beside a letter (UAX #14). */
const HOLDS_AFTER = /[.,;:)\]"'’=<>*+&#@_$([{]/;
const HOLDS_BEFORE = /["'=<>*&#@_/-]/;
const HOLDS_LETTER = /[($+[{]/;
const HOLDS_SIGN = /[A-Za-z0-9À-ɏͰ-ӿ"']/;
/** Letters of Hebrew and Arabic, between which no line ends either. */
const SHORT_RTL_WORD = /(?:^|[ \n\t])[\u05d0-\u05ea\u0620-\u063f\u0641-\u064a\u066e-\u06d3]{1,14}$/;
const RTL_LETTER = /[\u05d0-\u05ea\u0620-\u063f\u0641-\u064a\u066e-\u06d3]/;
/** The mark of an item, at the head of a line. */
const ITEM = /(?:^|\n) {0,12}-$/;
/** Longer than a short word, and what stands before it. */
const LOOKED_AT = 16;

/**
 * Whether the space at `at` needs no mark: one alone, behind a short word, where a line could not break without it. At any other place
 * the end of a line would hide it, or hide how many there are.
 */
function isPlainSpace(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - LOOKED_AT), at);
  const [left, right] = [before.at(-1) ?? "", text.charAt(at + 1)];
  if (ITEM.test(before)) return /^[A-Za-z0-9]\S{0,13}(?!\S)/.test(text.slice(at + 1, at + LOOKED_AT));
  if (SHORT_RTL_WORD.test(before)) return RTL_LETTER.test(right);
  if (!SHORT_WORD.test(before) || !(LETTER.test(left) || HOLDS_AFTER.test(left))) return false;
  return LETTER.test(right) || HOLDS_BEFORE.test(right) || (HOLDS_LETTER.test(right) && HOLDS_SIGN.test(left));
}

/** The spaces of a text that a reader could overlook, or miscount. */
export function markedSpaces(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const { 0: run, index } of text.matchAll(/ +/g)) {
    if (run.length > 1 || !isPlainSpace(text, index)) found.push({ from: index, to: index + run.length });
  }
  return found;
}

/** Spaces with a quiet mark on each, which is drawn and not in the text. */
const spacesView = (spaces: string): ViewElement => (spaces === " " ? element("i", {}, " ") : element("i", { class: "run" }, spaces));

/** Spaces to mark, and where the run of each ends. */
class Spaces {
  readonly #ends = new Map<number, number>();

  constructor(text: string) {
    for (const { from, to } of markedSpaces(text)) for (let at = from; at < to; at++) this.#ends.set(at, to);
  }

  /** `source`, which stands at `start` of the text, with what is to be marked in elements. */
  views(source: string, start: number): View[] {
    const views: View[] = [];
    let from = 0;
    for (let at = source.indexOf(" "); at >= 0; at = source.indexOf(" ", from)) {
      let plain = at;
      while (source[plain] === " " && !this.#ends.has(start + plain)) plain = source.indexOf(" ", plain + 1);
      if (plain < 0) break;
      const end = Math.min((this.#ends.get(start + plain) ?? 0) - start, source.length);
      views.push(source.slice(from, plain), spacesView(source.slice(plain, end)));
      from = end;
    }
    return [...views, source.slice(from)];
  }
}

/** Both are what they are, so that a copy is exact; their marks are drawn before them. */
const LINE_END = element("i", { class: "end" }, "\n");
const TAB = element("i", { class: "tab" }, "\t");

/** The class of something marked: what kind of mark it is, then how much of an alarm, where that is not `note`. */
const classOfMark = (kind: "escape" | "framed" | "suspect", level: Level): string => (level === "note" ? kind : `${kind} ${level}`);

const escapeView = ({ name, label }: { name: string; label: string }, level: Level): ViewElement =>
  element("span", { class: classOfMark("escape", level), title: name }, label);

/** A word in which nothing is a box: a letter that few devices can show is its code. */
const wordViews = (word: string): View[] =>
  Array.from(word, (character) => (isRarelyShown(character) ? escapeView(escapeSegment(character), "usual") : character));

/** The element around a word or a phrase, without what is in it; null for what needs none. */
function aroundOf({ kind }: Segment, level: Level): ViewElement | null {
  if (kind === "rtl") return element("bdi", { dir: "rtl" });
  if (kind !== "suspect") return null;
  return element("span", { class: classOfMark("suspect", level), title: texts.text.suspect });
}

/** What of a word or a phrase is in that element, or of plain text. */
const insideViews = ({ kind }: Segment, source: string, start: number, spaces: Spaces): View[] =>
  kind === "suspect" ? wordViews(source) : spaces.views(source, start);

function segmentViews(segment: Segment, level: Level, start: number, spaces: Spaces): View[] {
  switch (segment.kind) {
    case "newline":
      return [LINE_END];
    case "tab":
      return [TAB];
    case "escape":
      return [escapeView(segment, level)];
    case "framed":
      return [element("span", { class: classOfMark("framed", level), title: `${segment.label} ${segment.name}` }, segment.source)];
    default: {
      const around = aroundOf(segment, level);
      const inside = insideViews(segment, segment.source, start, spaces);
      return around === null ? inside : [element(around.tag, around.attributes, ...inside)];
    }
  }
}

/** The segments of `text`, each with its level and where it starts. */
function levelledSegments(text: string): { segment: Segment; level: Level; start: number }[] {
  const segments = displaySegments(text);
  const levels = segmentLevels(text, segments);
  let end = 0;
  return segments.map((segment, i) => {
    const start = end;
    end += segment.source.length;
    return { segment, level: levels[i] ?? "warning", start };
  });
}

/** A piece of a text that is never cut: a word or a stretch of it, spaces, the end of a line, a code. */
export interface TextPiece {
  start: number;
  end: number;
  views: readonly View[];
  /** The element that it is in, with those beside it that are in the same. */
  around: ViewElement | null;
}

/** What a text can be cut into: some spaces, a word or a stretch of it, a sign. */
const PIECE = / {1,80}|[A-Za-z0-9_\u00a1-\uffff]{1,80}|[^ ]/gu;

/** `text` in pieces. */
export function textPieces(text: string): TextPiece[] {
  const spaces = new Spaces(text);
  return levelledSegments(text).flatMap(({ segment, level, start }): TextPiece[] => {
    const { kind, source } = segment;
    const around = aroundOf(segment, level);
    if (kind !== "plain" && around === null)
      return [{ start, end: start + source.length, views: segmentViews(segment, level, start, spaces), around }];
    return Array.from(source.matchAll(PIECE), ({ 0: piece, index }) => ({
      start: start + index,
      end: start + index + piece.length,
      views: insideViews(segment, piece, start + index, spaces),
      around,
    }));
  });
}

/** Pieces beside each other; those of one word or phrase are in one element, or their letters would not join, nor run from right to left. */
export function viewsOfPieces(pieces: readonly TextPiece[]): View[] {
  const views: View[] = [];
  for (let start = 0, end = 0; start < pieces.length; start = end) {
    const around = pieces[start]?.around ?? null;
    do end += 1;
    while (around !== null && pieces[end]?.around === around);
    const inside = pieces.slice(start, end).flatMap((piece) => piece.views);
    views.push(...(around === null ? inside : [element(around.tag, around.attributes, ...inside)]));
  }
  return views;
}

/** `text` for an element with the class `text` and `dir` `ltr`, spaces that could be overlooked marked. */
export function exactTextViews(text: string): View[] {
  const spaces = new Spaces(text);
  return levelledSegments(text).flatMap(({ segment, level, start }) => segmentViews(segment, level, start, spaces));
}

/** `text` in a `span` of its own, isolated from the direction of what stands around it. */
export const textView = (text: string, name = "text"): ViewElement => element("span", { class: name, dir: "ltr" }, ...exactTextViews(text));

/** `text` where only text can be, such as a page's title: escapes in brackets, no line breaks. */
export const plainText = (text: string): string =>
  displaySegments(text)
    .map((segment) => (segment.kind === "newline" || segment.kind === "tab" ? " " : lineOf(segment)))
    .join("");
