/**
 * A JSON value as a view: complete, expanded, and each type recognisable. Members stand in canonical order (sorted by
 * UTF-16 code units), whatever order they came in, so that one hash has one view.
 */
import type { JsonObject, JsonValue } from "../core/canonical-json.ts";
import { textView } from "./text-view.ts";
import { element, styled, type ViewElement } from "./view.ts";

const QUOTE = styled("span", "quote", '"');

const empty = (written: string, meaning: string): ViewElement =>
  styled("span", "empty", styled("span", "written", written), " ", styled("span", "meaning", meaning));

function scalarView(value: null | boolean | number | string): ViewElement {
  if (value === "") return empty('""', "empty text");
  if (typeof value === "string") return styled("span", "string", QUOTE, textView(value), QUOTE);
  if (typeof value === "number") return styled("span", "number", String(value));
  return styled("span", "word", String(value));
}

function listView(items: readonly JsonValue[]): ViewElement {
  return styled("ol", "list", ...items.map((item) => styled("li", nesting("item", item), valueView(item))));
}

const isNested = (value: JsonValue): boolean =>
  typeof value === "object" && value !== null && (Array.isArray(value) ? value : Object.keys(value)).length > 0;

const nesting = (name: string, value: JsonValue): string => (isNested(value) ? `${name} nested` : name);

/** An object as a definition list. An empty one says that it is. */
export function objectView(members: JsonObject): ViewElement {
  const names = Object.keys(members).toSorted();
  if (names.length === 0) return empty("{}", "empty object");
  const rows = names.map((name) => {
    const value = members[name] as JsonValue;
    const key = name === "" ? empty('""', "empty name") : textView(name);
    return styled("div", nesting("member", value), styled("dt", "name", key), element("dd", {}, valueView(value)));
  });
  return styled("dl", "object", ...rows);
}

/** Any JSON value. */
export function valueView(value: JsonValue): ViewElement {
  if (typeof value !== "object" || value === null) return scalarView(value);
  if (!Array.isArray(value)) return objectView(value);
  return value.length === 0 ? empty("[]", "empty list") : listView(value);
}
