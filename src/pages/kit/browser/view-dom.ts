/** Views in the browser, as DOM nodes. What they hold is set as text and attributes, never parsed. */
import type { View, ViewElement } from "../view.ts";
import { byId } from "./page.ts";

const child = (view: View): Node => (typeof view === "string" ? document.createTextNode(view) : toDom(view));

/** The element and all below it. */
export function toDom({ tag, attributes, children }: ViewElement): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map(child));
  return made;
}

/** Whether a live node is what the view says, node by node. Text that a parser or an extension cut in two without changing it is no difference. */
function shows(live: Node, { tag, attributes, children }: ViewElement): boolean {
  if (!(live instanceof HTMLElement) || live.localName !== tag) return false;
  const expected = Object.entries(attributes);
  // A reader may unfold and fold what is folded.
  const unfolded = live instanceof HTMLDetailsElement && live.open ? 1 : 0;
  if (live.attributes.length - unfolded !== expected.length || expected.some(([name, value]) => live.getAttribute(name) !== value))
    return false;
  let next = 0;
  let node = live.firstChild;
  while (node !== null) {
    let text = "";
    for (; node instanceof Text; node = node.nextSibling) text += node.data;
    if (text !== "" && children[next++] !== text) return false;
    if (node === null) break;
    const view = children[next++];
    if (view === undefined || typeof view === "string" || !shows(node, view)) return false;
    node = node.nextSibling;
  }
  return next === children.length;
}

/** Whether the live page holds exactly one element with the view's id, and it is what the view says. */
export function isShown(view: ViewElement): boolean {
  const live = document.querySelectorAll(`[id="${view.attributes["id"] ?? ""}"]`);
  const [only] = live;
  return live.length === 1 && only !== undefined && shows(only, view);
}

/** Puts the view in the place of the live element with its id, unless that is what it says already. */
export function show(view: ViewElement): void {
  if (!isShown(view)) byId(view.attributes["id"] ?? "").replaceWith(toDom(view));
}

/** Puts views into an element; a link that was there is the same link still, led elsewhere, so that it keeps the focus. */
export function sayAnew(place: HTMLElement, views: readonly View[]): void {
  const kept = place.querySelector("a");
  const nodes = views.map((view) => {
    const node = child(view);
    if (kept === null || !(node instanceof HTMLAnchorElement)) return node;
    kept.href = node.getAttribute("href") ?? "";
    kept.textContent = node.textContent;
    return kept;
  });
  if (kept === null || !nodes.includes(kept)) return place.replaceChildren(...nodes);
  // Taken out and put back it would have lost the focus.
  for (const node of Array.from(place.childNodes)) if (node !== kept) node.remove();
  const at = nodes.indexOf(kept);
  kept.before(...nodes.slice(0, at));
  kept.after(...nodes.slice(at + 1));
}
