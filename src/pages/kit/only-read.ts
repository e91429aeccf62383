/** Views as they are for who may look and change nothing: without their buttons, and without what held nothing else. Pure. */
import type { View, ViewElement } from "./view.ts";

const isButton = (view: View): boolean => typeof view !== "string" && view.tag === "button";

function withoutButtons(view: View): View[] {
  if (typeof view === "string") return [view];
  if (isButton(view)) return [];
  const children = view.children.flatMap(withoutButtons);
  return view.children.length > 0 && children.length === 0 ? [] : [{ ...view, children }];
}

/** The view without its buttons. */
export const onlyRead = (view: ViewElement): ViewElement => ({ ...view, children: view.children.flatMap(withoutButtons) });
