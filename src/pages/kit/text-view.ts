/**
 * Texts of agents and people as views: everything in them is text, and what could hide is visible (text/display-text.ts).
 * Not in scope: JSON values (value-view.ts).
 */
import { codePointLabel, displaySegments, escapeSegment, isRarelyShown, lineOf, type Segment } from "#countersign/text/display-text.ts";
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

const escapeView = ({ name, label }: { name: string; label: string }): ViewElement =>
  element("span", { class: "escape", title: name }, label);

/** A word in which nothing is a box: a letter that few devices can show is its code. */
const wordViews = (word: string): View[] =>
  Array.from(word, (character) => (isRarelyShown(character) ? escapeView(escapeSegment(character)) : character));

function segmentViews(segment: Segment, start: number, isPlain: (index: number) => boolean): View[] {
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
      return [escapeView(segment)];
    case "framed":
      return [element("span", { class: "framed", title: `${segment.label} ${segment.name}` }, segment.source)];
    case "suspect":
      return [
        element("span", { class: "suspect", title: "characters of more than one alphabet, or look-alikes" }, ...wordViews(segment.source)),
      ];
  }
}

function viewsOf(text: string, isPlain: (index: number) => boolean): View[] {
  let end = 0;
  return displaySegments(text).flatMap((segment) => {
    const start = end;
    end += segment.source.length;
    return segmentViews(segment, start, isPlain);
  });
}

/** A piece of a text that is never cut: a word or the spaces behind it, the end of a line, a code. */
export interface TextPiece {
  start: number;
  end: number;
  views: readonly View[];
}

/** What a plain segment can be cut into; of a text without spaces, a stretch. */
const PIECE = / +|[^ ]{1,80}/gu;

/** `text` in pieces, every space in it marked. */
export function textPieces(text: string): TextPiece[] {
  let end = 0;
  return displaySegments(text).flatMap((segment): TextPiece[] => {
    const start = end;
    end += segment.source.length;
    if (segment.kind !== "plain") return [{ start, end, views: segmentViews(segment, start, () => false) }];
    return Array.from(segment.source.matchAll(PIECE), ({ 0: piece, index }) => ({
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

function* elementsOf(view: View): Generator<ViewElement> {
  if (typeof view === "string") return;
  yield view;
  for (const child of view.children) yield* elementsOf(child);
}

/** More of them would tell no reader which one is meant. */
const MAX_CODES = 3;

/** The codes of the few characters of a word that are not in ASCII and not shown as codes, or nothing. */
function codesOf(word: ViewElement): string {
  const texts = word.children.filter((child) => typeof child === "string");
  const foreign = new Set(Array.from(texts.join("")).filter((character) => character > "\x7f"));
  return foreign.size === 0 || foreign.size > MAX_CODES ? "" : ` (${Array.from(foreign, codePointLabel).join(", ")})`;
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));

/** How often each distinct element of class `name` occurs in the views, in order of first occurrence. */
function tally(views: readonly View[], name: string): { found: ViewElement; count: number }[] {
  const tallies = new Map<string, { found: ViewElement; count: number }>();
  for (const view of views) {
    for (const found of elementsOf(view)) {
      if (found.attributes["class"] !== name) continue;
      const key = textOf(found);
      const known = tallies.get(key);
      if (known === undefined) tallies.set(key, { found, count: 1 });
      else known.count += 1;
    }
  }
  return [...tallies.values()];
}

/** A heading and a line for each, or nothing if there are none. */
function notes(heading: string, tallied: readonly { found: ViewElement; count: number }[], about: (found: ViewElement) => string): View[] {
  if (tallied.length === 0) return [];
  const items = tallied.map(({ found, count }) => element("li", {}, found, `${about(found)}, ${times(count)}`));
  return [element("p", {}, heading), element("ul", {}, ...items)];
}

const titleOf = ({ attributes }: ViewElement): string => ` ${attributes["title"] ?? ""}`;

/**
 * What a reader should know before reading the views: each character in them that is shown by its code or in a frame, with its
 * name, each suspect word. Null if there is nothing to say.
 */
export function cautionView(views: readonly View[]): ViewElement | null {
  const all = [
    ...notes(
      "Some characters here cannot be seen, change how text is shown, or pass for others. Each is shown as its code:",
      tally(views, "escape"),
      titleOf,
    ),
    ...notes(
      "Some characters look like the marks for spaces and tabs, and are none. Each stands in a frame:",
      tally(views, "framed"),
      titleOf,
    ),
    ...notes(
      "Some words mix alphabets or are made of look-alike characters. They may not say what they seem to:",
      tally(views, "suspect"),
      codesOf,
    ),
  ];
  return all.length === 0 ? null : element("div", { class: "caution", role: "note" }, ...all);
}
