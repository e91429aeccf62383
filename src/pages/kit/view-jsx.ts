/** Views on the server, as hono/jsx, which escapes every text and every attribute. */
import { jsx, type JSXNode } from "hono/jsx";
import type { View, ViewElement } from "./view.ts";

const child = (view: View): JSXNode | string => (typeof view === "string" ? view : toJsx(view));

/** The element and all below it. */
export const toJsx = ({ tag, attributes, children }: ViewElement): JSXNode => jsx(tag, { ...attributes }, ...children.map(child));
