/**
 * A JSON value as a view: complete, expanded, and each type recognisable. Members stand in canonical order (sorted by
 * UTF-16 code units), whatever order they came in, so that one hash has one view. As few elements as that takes: a payload
 * may hold thirty thousand values.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { exactTextViews, textPieces } from "./text-view.ts";
import { type Entry, fitsInPart, groupsOf, isLongName, PartPlace, textInParts } from "./value/parts.ts";
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

function stringContent(text: string, place: PartPlace | null): Content {
  if (text === "") return empty('""', "empty text");
  const views = place === null ? exactTextViews(text) : textInParts(textPieces(text), text, place);
  return { name: "string", children: ['"', element("span", { class: "text", dir: "ltr" }, ...views), '"'] };
}

const entriesOf = (members: JsonObject): Entry[] =>
  Object.keys(members)
    .toSorted()
    .map((name) => ({ name, value: members[name] as JsonValue }));

/** What a value shows. It is in parts if it has a `place`; without, it is in one part with others, or nobody asks. */
function content(value: JsonValue, place: PartPlace | null): Content {
  if (typeof value === "string") return stringContent(value, place);
  if (typeof value === "number") return { name: "number", children: [String(value)] };
  if (typeof value !== "object" || value === null) return { name: "word", children: [String(value)] };
  if (Array.isArray(value)) {
    if (value.length === 0) return empty("[]", "empty list");
    const entries = value.map((item, i) => ({ name: String(i + 1), value: item }));
    return { name: "nested", children: blocksOf(entries, place, listView) };
  }
  const entries = entriesOf(value);
  return entries.length === 0 ? empty("{}", "empty object") : { name: "nested", children: blocksOf(entries, place, objectRowsView) };
}

/** Lays out neighbouring entries; `placeOf` gives the place of one that is itself in parts. */
type Block = (entries: readonly Entry[], place: PartPlace | null) => ViewElement;

/** All entries in one block; or, in parts, in several, one after the other. */
function blocksOf(entries: readonly Entry[], place: PartPlace | null, block: Block): ViewElement[] {
  if (place === null) return [block(entries, null)];
  return groupsOf(entries).map((group) => {
    const [first, last] = [group[0], group.at(-1)] as [Entry, Entry];
    return fitsInPart(first) ? place.part("div", first.name, last.name, block(group, null)) : block(group, place);
  });
}

function listView(entries: readonly Entry[], place: PartPlace | null): ViewElement {
  const rows = entries.map(({ name: number, value }) => {
    const { name, children } = content(value, place?.below(number) ?? null);
    return styled("li", `item ${name}`, ...children);
  });
  const [first] = entries;
  return element("ol", { class: "list", ...(first === undefined || first.name === "1" ? {} : { start: first.name }) }, ...rows);
}

function keyView(key: string, place: PartPlace | null): ViewElement {
  if (key === "") return styled("dt", "name", ...empty('""', "empty name").children);
  const views = place !== null && isLongName(key) ? textInParts(textPieces(key), key, place) : exactTextViews(key);
  return element("dt", { class: "name text", dir: "ltr" }, ...views);
}

function objectRowsView(entries: readonly Entry[], place: PartPlace | null): ViewElement {
  const rows = entries.map(({ name: key, value }) => {
    const inside = place?.below(key) ?? null;
    const title = keyView(key, inside);
    const { name, children } = content(value, inside);
    if (name === "nested") return styled("div", "member nested", title, element("dd", {}, ...children));
    return styled("div", "member", title, styled("dd", name, ...children));
  });
  return styled("dl", "object", ...rows);
}

/** An object as a definition list. An empty one says that it is. */
export function objectView(members: JsonObject): View {
  const { name, children } = content(members, null);
  const [list] = children;
  return name === "nested" && list !== undefined ? list : styled("span", name, ...children);
}

/** An object in parts, and the id of the part in which each of its members begins. */
export function objectInParts(members: JsonObject): { views: View[]; ids: ReadonlyMap<string, string> } {
  const place = new PartPlace();
  const ids = new Map<string, string>();
  const entries = entriesOf(members);
  if (entries.length === 0) return { views: [place.part("div", "{}", "{}", objectView(members))], ids };
  const block: Block = (some, inside) => {
    for (const { name } of some) ids.set(name, place.nextId);
    return objectRowsView(some, inside);
  };
  return { views: blocksOf(entries, place, block), ids };
}
