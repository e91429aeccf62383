/**
 * A text of a payload: in parts, with what differs and what to look at marked, and as code where it is code. Every character of it is there
 * once and in order; marks, line numbers and gaps between digits are drawn. Pure.
 */
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { exactTextViews, type TextPiece, textPieces, viewsOfPieces } from "../text-view.ts";
import { element, styled, type View, type ViewElement } from "../view.ts";
import type { ReadingMark } from "./aids.ts";
import { type Difference, isChanged } from "./change.ts";
import { type Code, lineClass } from "./code.ts";
import { type PartPlace, textInParts } from "./parts.ts";

/** What of a value differs from its counterpart, and the element that marks it. */
export interface ChangedSide {
  tag: "del" | "ins";
  change: Difference;
}

/** How a text is shown. */
interface Showing {
  place: PartPlace | null;
  changed: ChangedSide | null;
  read: readonly ReadingMark[];
}

/** An element around what is marked. A danger says why, which is also said above the payload (caution-view.ts). */
export const markView = ({ kind, says }: ReadingMark, children: readonly View[]): ViewElement =>
  element("mark", { class: kind, ...(says === "" ? {} : { title: says }) }, ...children);

/** Digits in a row that are read easily. */
const FEW_DIGITS = 4;

/** A text with the digits of long whole numbers in threes, the gaps between which are drawn. `before` is what stands before it. */
export function groupedViews(text: string, before: string): View[] {
  return text.split(/(\d+)/).flatMap((piece, i, pieces): View[] => {
    const isFraction = /[.,]$/.test(i === 0 ? before : (pieces[i - 1] ?? "")) || (i === 1 && pieces[0] === "" && /[.,]$/.test(before));
    if (i % 2 === 0 || piece.length <= FEW_DIGITS || isFraction) return [piece];
    const groups = piece.match(/\d{1,3}(?=(?:\d{3})*$)/g) ?? [];
    return groups.map((group, at) => (at === 0 ? group : styled("span", "g", group)));
  });
}

/** Neighbours that are alike, in one element. */
function stretches<One>(
  pieces: readonly TextPiece[],
  of: (piece: TextPiece) => One,
  around: (one: One, some: readonly TextPiece[]) => readonly View[],
): View[] {
  const views: View[] = [];
  let start = 0;
  for (let end = 1; end <= pieces.length; end++) {
    const [first, next] = [pieces[start] as TextPiece, pieces[end]];
    if (next !== undefined && of(next) === of(first)) continue;
    views.push(...around(of(first), pieces.slice(start, end)));
    start = end;
  }
  return views;
}

/** For each piece the one of these stretches, which are in order, that it is in. */
function stretchOf<One extends { from: number; to: number }>(
  pieces: readonly TextPiece[],
  all: readonly One[],
): (piece: TextPiece) => One | undefined {
  const found = new Map<TextPiece, One>();
  let next = 0;
  for (const piece of pieces) {
    while ((all[next]?.to ?? Infinity) <= piece.start) next += 1;
    const one = all[next];
    if (one !== undefined && one.from < piece.end) found.set(piece, one);
  }
  return (piece) => found.get(piece);
}

/** What a text is made of, piece by piece, as it is drawn. */
class Drawing {
  readonly #text: string;
  readonly #changed: ChangedSide | null;
  readonly #code: Code | null;
  readonly #markOf: (piece: TextPiece) => ReadingMark | undefined;
  readonly #toneOf: (piece: TextPiece) => Code["tints"][number] | undefined;
  readonly #hasLines: boolean;

  constructor(text: string, pieces: readonly TextPiece[], code: Code | null, { changed, read }: Showing) {
    this.#text = text;
    this.#changed = changed === null || changed.change === "none" ? null : changed;
    this.#code = code;
    this.#hasLines = code !== null && hasLines(text);
    this.#markOf = stretchOf(pieces, read);
    this.#toneOf = stretchOf(pieces, code?.tints ?? []);
  }

  #toned(pieces: readonly TextPiece[]): View[] {
    return stretches(pieces, this.#toneOf, (tint, some) => {
      const views = viewsOfPieces(some);
      return tint === undefined ? views : [styled("span", tint.tone, ...views)];
    });
  }

  #read(pieces: readonly TextPiece[]): View[] {
    return stretches(pieces, this.#markOf, (mark, some) => {
      if (mark === undefined) return this.#toned(some);
      const isAmount = mark.kind === "amount";
      return [markView(mark, isAmount ? some.flatMap((piece) => this.#grouped(piece)) : this.#toned(some))];
    });
  }

  #grouped(piece: TextPiece): View[] {
    const before = this.#text.slice(Math.max(0, piece.start - 1), piece.start);
    return viewsOfPieces([piece]).flatMap((view) => (typeof view === "string" ? groupedViews(view, before) : [view]));
  }

  #differing(pieces: readonly TextPiece[]): View[] {
    const changed = this.#changed;
    if (changed === null) return this.#read(pieces);
    return stretches(
      pieces,
      ({ start, end }) => isChanged(changed.change, start, end),
      (isMarked, some) => (isMarked ? [element(changed.tag, {}, ...this.#read(some))] : this.#read(some)),
    );
  }

  /** A line each; what goes on with a line that began in the part before says so. */
  views(pieces: readonly TextPiece[]): View[] {
    const code = this.#code;
    if (code === null || !this.#hasLines) return this.#differing(pieces);
    const lines: TextPiece[][] = [];
    let isEnded = true;
    for (const piece of pieces) {
      if (isEnded) lines.push([]);
      lines.at(-1)?.push(piece);
      isEnded = this.#text.charAt(piece.end - 1) === "\n";
    }
    return lines.map((line) => {
      const start = line[0]?.start ?? 0;
      const begins = this.#text.lastIndexOf("\n", start - 1) + 1;
      const name = lineClass(code.language, this.#text.slice(start === 0 ? 0 : begins, line.at(-1)?.end ?? 0));
      return styled("span", start === 0 || begins === start ? name : `${name} on`, ...this.#differing(line));
    });
  }
}

/** One line has no number. */
const hasLines = (text: string): boolean => text.trimEnd().includes("\n");

/** `SQL, 6 lines`; null of what is no code, or one line of it. */
export const codeWords = (text: string, code: Code | null): string | null =>
  code === null || !hasLines(text)
    ? null
    : texts.value.lines(texts.value.languages[code.language], text.replace(/\n$/, "").split("\n").length);

/** What a text shows: in parts if it has a `place`, and with what is drawn on it. */
export function longTextViews(text: string, showing: Showing, code: Code | null = null): readonly View[] {
  const { place, changed, read } = showing;
  if (place === null && changed === null && read.length === 0 && code === null) return exactTextViews(text);
  const pieces = textPieces(text);
  const drawing = new Drawing(text, pieces, code, showing);
  return place === null ? drawing.views(pieces) : textInParts(pieces, text, place, (some) => drawing.views(some));
}

/** A text in an element of its own, which says whether it is code. */
export function longTextView(text: string, showing: Showing, code: Code | null): ViewElement {
  const name = code === null ? "text" : hasLines(text) ? "text code lines" : "text code";
  return element("span", { class: name, dir: "ltr" }, ...longTextViews(text, showing, code));
}
