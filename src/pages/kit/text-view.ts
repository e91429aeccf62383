/**
 * Texts of agents and people as views: everything in them is text, and what could hide is visible (text/display-text.ts).
 * Not in scope: JSON values (value-view.ts), and what is said of the marks before anything is read (caution-view.ts).
 */
import { displaySegments, escapeSegment, isRarelyShown, lineOf, type Segment } from "#countersign/text/display-text.ts";
import { type Level, segmentLevels } from "#countersign/text/levels.ts";
import { element, type View, type ViewElement } from "./view.ts";

/** A space with a quiet mark on it, which is drawn and not in the text. */
const MARKED_SPACE = element("i", {}, " ");

/**
 * A space that needs no mark: one alone, between two short words, where a line could not break without it. At any other place
 * the end of a line would hide it, or hide how many there are. Letters are given by ranges, not by script: what a browser
 * knows of Unicode must not change what it shows.
 */
const PLAIN_SPACE = /(?<=(?:^|[ \n\t])[!-~À-ɏͰ-ӿ’]{0,11}[A-Za-z0-9À-ɏͰ-ӿ][.,;:)"'’]{0,2}) (?=["'(]?[A-Za-z0-9À-ɏͰ-ӿ])/g;

/** `source`, which stands at `start` of the text, with each space that is not plain in an element of its own. */
function spacedViews(source: string, start: number, isPlain: (index: number) => boolean): View[] {
  const views: View[] = [];
  let from = 0;
  for (let at = source.indexOf(" "); at >= 0; at = source.indexOf(" ", at + 1)) {
    if (isPlain(start + at)) continue;
    views.push(source.slice(from, at), MARKED_SPACE);
    from = at + 1;
  }
  return [...views, source.slice(from)];
}

/** The class of something marked: what kind of mark it is, then how much of an alarm, where that is not `note`. */
const classOfMark = (kind: "escape" | "framed" | "suspect", level: Level): string => (level === "note" ? kind : `${kind} ${level}`);

const escapeView = ({ name, label }: { name: string; label: string }, level: Level): ViewElement =>
  element("span", { class: classOfMark("escape", level), title: name }, label);

/** A word in which nothing is a box: a letter that few devices can show is its code. */
const wordViews = (word: string): View[] =>
  Array.from(word, (character) => (isRarelyShown(character) ? escapeView(escapeSegment(character), "usual") : character));

function segmentViews(segment: Segment, level: Level, start: number, isPlain: (index: number) => boolean): View[] {
  switch (segment.kind) {
    case "plain":
      return spacedViews(segment.source, start, isPlain);
    case "rtl":
      return [element("bdi", { dir: "rtl" }, ...spacedViews(segment.source, start, isPlain))];
    case "newline":
      return [element("span", { class: "space", title: "U+000A LINE FEED" }, "↵"), element("br", {})];
    case "tab":
      return [element("span", { class: "space tab", title: "U+0009 TAB" }, "→")];
    case "escape":
      return [escapeView(segment, level)];
    case "framed":
      return [element("span", { class: classOfMark("framed", level), title: `${segment.label} ${segment.name}` }, segment.source)];
    case "suspect":
      return [
        element(
          "span",
          { class: classOfMark("suspect", level), title: "characters of more than one alphabet, or look-alikes" },
          ...wordViews(segment.source),
        ),
      ];
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

const viewsOf = (text: string, isPlain: (index: number) => boolean): View[] =>
  levelledSegments(text).flatMap(({ segment, level, start }) => segmentViews(segment, level, start, isPlain));

/** A piece of a text that is never cut: a word or the spaces behind it, the end of a line, a code. */
export interface TextPiece {
  start: number;
  end: number;
  views: readonly View[];
}

/** What a plain segment can be cut into: spaces, a word or a stretch of it, a sign. */
const PIECE = / +|[A-Za-z0-9_\u00a1-\uffff]{1,80}|[^ ]/gu;

/** `text` in pieces, every space in it marked. */
export function textPieces(text: string): TextPiece[] {
  return levelledSegments(text).flatMap(({ segment, level, start }): TextPiece[] => {
    const { kind, source } = segment;
    if (kind !== "plain") return [{ start, end: start + source.length, views: segmentViews(segment, level, start, () => false) }];
    return Array.from(source.matchAll(PIECE), ({ 0: piece, index }) => ({
      start: start + index,
      end: start + index + piece.length,
      views: spacedViews(piece, start + index, () => false),
    }));
  });
}

/** `text`, every space in it marked, for an element with the class `text` and `dir` `ltr`. */
export const exactTextViews = (text: string): View[] => viewsOf(text, () => false);

/** `text` in a `span` of its own, isolated from the direction of what stands around it. Spaces that could be overlooked are marked. */
export function textView(text: string, name = "text"): ViewElement {
  const plain = new Set(Array.from(text.matchAll(PLAIN_SPACE), ({ index }) => index));
  return element("span", { class: name, dir: "ltr" }, ...viewsOf(text, (index) => plain.has(index)));
}

/** `text` where only text can be, such as a page's title: escapes in brackets, no line breaks. */
export const plainText = (text: string): string =>
  displaySegments(text)
    .map((segment) => (segment.kind === "newline" || segment.kind === "tab" ? " " : lineOf(segment)))
    .join("");
