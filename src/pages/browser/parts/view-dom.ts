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

/** Text that a parser or an extension cut in two without changing it is no difference. */
function normalised(element: Element): Node {
  const copy = element.cloneNode(true);
  copy.normalize();
  return copy;
}

/** Whether the live page holds exactly one element with the view's id, and it is what the view says, node by node. */
export function isShown(view: ViewElement): boolean {
  const live = document.querySelectorAll(`[id="${view.attributes["id"] ?? ""}"]`);
  const [only] = live;
  return live.length === 1 && only !== undefined && normalised(only).isEqualNode(toDom(view));
}
