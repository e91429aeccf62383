/** Views on the server, as hono/jsx, which escapes every text and every attribute. */
import { type FC, jsx, type JSXNode } from "hono/jsx";
import { textView } from "./text-view.ts";
import type { View, ViewElement } from "./view.ts";

const child = (view: View): JSXNode | string => (typeof view === "string" ? view : toJsx(view));

/** The element and all below it. */
export const toJsx = ({ tag, attributes, children }: ViewElement): JSXNode => jsx(tag, { ...attributes }, ...children.map(child));

/** Text of agents or people, everything in it visible. */
export const Text: FC<{ value: string }> = ({ value }) => toJsx(textView(value));
