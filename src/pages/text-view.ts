/**
 * Texts of agents and people as views: everything in them is text, and what could hide is visible (core/display-text.ts).
 * Not in scope: JSON values (value-view.ts).
 */
import { displaySegments, type Segment } from "../core/display-text.ts";
import { element, type View, type ViewElement } from "./view.ts";

function segmentViews(segment: Segment): View[] {
  switch (segment.kind) {
    case "plain":
      return [segment.source];
    case "rtl":
      return [element("bdi", { dir: "rtl" }, segment.source)];
    case "newline":
      return [element("span", { class: "space", title: "U+000A LINE FEED" }, "↵"), element("br", {})];
    case "tab":
      return [element("span", { class: "space tab", title: "U+0009 TAB" }, "→")];
    case "escape":
      return [element("span", { class: "escape", title: segment.name }, segment.label)];
    case "suspect":
      return [element("span", { class: "suspect", title: "letters of more than one alphabet, or look-alikes" }, segment.source)];
  }
}

/** `text` in a `span` of its own, isolated from the direction of what stands around it. */
export const textView = (text: string, name = "text"): ViewElement =>
  element("span", { class: name, dir: "ltr" }, ...displaySegments(text).flatMap(segmentViews));

/** `text` where only text can be, such as a page's title: escapes in brackets, no line breaks. */
export const plainText = (text: string): string =>
  displaySegments(text)
    .map((segment) => {
      if (segment.kind === "escape") return `[${segment.label}]`;
      return segment.kind === "newline" || segment.kind === "tab" ? " " : segment.source;
    })
    .join("");

function* elementsOf(view: View): Generator<ViewElement> {
  if (typeof view === "string") return;
  yield view;
  for (const child of view.children) yield* elementsOf(child);
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

/** How often each distinct element of class `name` occurs in the views, in order of first occurrence. */
function tally(views: readonly View[], name: string): { found: ViewElement; count: number }[] {
  const tallies = new Map<string, { found: ViewElement; count: number }>();
  for (const view of views) {
    for (const found of elementsOf(view)) {
      if (found.attributes["class"] !== name) continue;
      const key = found.children.filter((child) => typeof child === "string").join("");
      const known = tallies.get(key);
      if (known === undefined) tallies.set(key, { found, count: 1 });
      else known.count += 1;
    }
  }
  return [...tallies.values()];
}

/**
 * What a reader should know before reading the views: each escape in them with its name, each suspect word. Null if there
 * is nothing to say.
 */
export function cautionView(views: readonly View[]): ViewElement | null {
  const escapes = tally(views, "escape");
  const suspects = tally(views, "suspect");
  if (escapes.length === 0 && suspects.length === 0) return null;
  const escapeNotes =
    escapes.length === 0
      ? []
      : [
          element("p", {}, "Some characters here cannot be seen or change how text is shown. Each is shown as its code:"),
          element(
            "ul",
            {},
            ...escapes.map(({ found, count }) => element("li", {}, found, ` ${found.attributes["title"] ?? ""}, ${times(count)}`)),
          ),
        ];
  const suspectNotes =
    suspects.length === 0
      ? []
      : [
          element("p", {}, "Some words mix alphabets or are made of look-alike letters. They may not say what they seem to:"),
          element("ul", {}, ...suspects.map(({ found, count }) => element("li", {}, found, `, ${times(count)}`))),
        ];
  return element("div", { class: "caution", role: "note" }, ...escapeNotes, ...suspectNotes);
}
