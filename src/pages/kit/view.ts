/**
 * Markup as a value: made by pure functions, turned into HTML by the server (view-jsx.ts) and into DOM nodes by the
 * browser (browser/view-dom.ts). One tree for both is what lets the browser prove that the page shows what it hashed.
 */

export interface ViewElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly View[];
}
export type View = ViewElement | string;

/**
 * An element with children; null stands for none. Neighbouring texts become one and empty ones go, because an HTML parser
 * would not tell them apart.
 */
export function element(tag: string, attributes: Readonly<Record<string, string>>, ...children: readonly (View | null)[]): ViewElement {
  const merged: View[] = [];
  for (const child of children) {
    const last = merged.at(-1);
    if (child === null || child === "") continue;
    if (typeof child === "string" && typeof last === "string") merged[merged.length - 1] = last + child;
    else merged.push(child);
  }
  return { tag, attributes, children: merged };
}

/** An element whose only attribute is its class. */
export const styled = (tag: string, name: string, ...children: readonly (View | null)[]): ViewElement =>
  element(tag, { class: name }, ...children);

function withoutButtons(view: View): View[] {
  if (typeof view === "string") return [view];
  if (view.tag === "button") return [];
  const children = view.children.flatMap(withoutButtons);
  return view.children.length > 0 && children.length === 0 ? [] : [{ ...view, children }];
}

/** The view for who may look and change nothing: without its buttons, and without what held nothing else. */
export const onlyRead = (view: ViewElement): ViewElement => ({ ...view, children: view.children.flatMap(withoutButtons) });
