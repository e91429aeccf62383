/** Views in the browser, as DOM nodes. What they hold is set as text and attributes, never parsed. */
import type { View, ViewElement } from "../../view.ts";

const child = (view: View): Node => (typeof view === "string" ? document.createTextNode(view) : toDom(view));

/** The element and all below it. */
export function toDom({ tag, attributes, children }: ViewElement): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map(child));
  return made;
}
