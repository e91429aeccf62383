/**
 * A JSON value as a view: complete, expanded, and each type recognisable. Members stand in canonical order (sorted by
 * UTF-16 code units), whatever order they came in, so that one hash has one view. As few elements as that takes: a payload
 * may hold thirty thousand values.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { exactTextViews } from "./text-view.ts";
import { element, styled, type View, type ViewElement } from "./view.ts";

/** What stands in the element that holds a value, and that element's class. */
interface Content {
  name: string;
  children: readonly View[];
}

const empty = (written: string, meaning: string): Content => ({
  name: "empty",
  children: [styled("span", "written", written), " ", styled("span", "meaning", meaning)],
});

function stringContent(text: string): Content {
  if (text === "") return empty('""', "empty text");
  return { name: "string", children: ['"', element("span", { class: "text", dir: "ltr" }, ...exactTextViews(text)), '"'] };
}

function content(value: JsonValue): Content {
  if (typeof value === "string") return stringContent(value);
  if (typeof value === "number") return { name: "number", children: [String(value)] };
  if (typeof value !== "object" || value === null) return { name: "word", children: [String(value)] };
  if (!Array.isArray(value)) return objectContent(value);
  return value.length === 0 ? empty("[]", "empty list") : { name: "nested", children: [listView(value)] };
}

function listView(items: readonly JsonValue[]): ViewElement {
  const rows = items.map((item) => {
    const { name, children } = content(item);
    return styled("li", `item ${name}`, ...children);
  });
  return styled("ol", "list", ...rows);
}

function keyView(key: string): ViewElement {
  if (key === "") return styled("dt", "name", ...empty('""', "empty name").children);
  return element("dt", { class: "name text", dir: "ltr" }, ...exactTextViews(key));
}

function objectContent(members: JsonObject): Content {
  const keys = Object.keys(members).toSorted();
  if (keys.length === 0) return empty("{}", "empty object");
  const rows = keys.map((key) => {
    const { name, children } = content(members[key] as JsonValue);
    if (name === "nested") return styled("div", "member nested", keyView(key), element("dd", {}, ...children));
    return styled("div", "member", keyView(key), styled("dd", name, ...children));
  });
  return { name: "nested", children: [styled("dl", "object", ...rows)] };
}

/** An object as a definition list. An empty one says that it is. */
export function objectView(members: JsonObject): View {
  const { name, children } = objectContent(members);
  const [list] = children;
  return name === "nested" && list !== undefined ? list : styled("span", name, ...children);
}
