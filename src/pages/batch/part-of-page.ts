/** A view that was made to be the only one of its kind on a page, as one of several: its ids are its own, its headings are one level further down. Pure. */
import type { View, ViewElement } from "#pages/kit/view.ts";

const FURTHER_DOWN: Readonly<Record<string, string>> = { h1: "h2", h2: "h3", h3: "h4", h4: "h5", h5: "h6" };
/** What names an element by its id. */
const IDS: ReadonlySet<string> = new Set(["id", "for", "aria-labelledby", "aria-describedby", "aria-controls"]);

function prefixed(name: string, value: string, prefix: string): string {
  if (name === "href") return value.startsWith("#") ? `#${prefix}${value.slice(1)}` : value;
  if (!IDS.has(name) || value === "") return value;
  return value
    .split(" ")
    .map((id) => `${prefix}${id}`)
    .join(" ");
}

/** The view with `prefix` before every id that it has or names. */
export function partOfPage({ tag, attributes, children }: ViewElement, prefix: string): ViewElement {
  const own = Object.entries(attributes).map(([name, value]): [string, string] => [name, prefixed(name, value, prefix)]);
  return {
    tag: FURTHER_DOWN[tag] ?? tag,
    attributes: Object.fromEntries(own),
    children: children.map((child): View => (typeof child === "string" ? child : partOfPage(child, prefix))),
  };
}
