/**
 * A JSON value as a view: complete, expanded, and each type recognisable. Members stand in canonical order (sorted by
 * UTF-16 code units), whatever order they came in, so that one hash has one view; two that say how something was and how it will be
 * stand together, in that order. As few elements as that takes: a payload may hold thirty thousand values.
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { exactTextViews, type TextPiece, textPieces } from "./text-view.ts";
import { type Change, changeOf, changesBetween, counterpartOf, isChanged } from "./value/change.ts";
import { type Entry, fitsInPart, groupsOf, isLongName, PartPlace, textInParts } from "./value/parts.ts";
import { element, styled, type View, type ViewElement } from "./view.ts";

/** What stands in the element that holds a value, and that element's class. */
interface Content {
  name: string;
  children: readonly View[];
}

/** How a value is laid out. */
interface Layout {
  /** Where its parts are, if it is in several; null if it is in one with others, or nobody asks. */
  place: PartPlace | null;
  /** What of it differs from its counterpart, and with what element that is marked; null without one. */
  marks: { tag: "del" | "ins"; change: Change } | null;
}

/** The layout of a member or an item of what is laid out like this. */
const below = ({ place, marks }: Layout, name: string): Layout => ({
  place: place?.below(name) ?? null,
  marks: marks === null ? null : { ...marks, change: changeOf(marks.change, name) },
});

/** `children`, marked if all of them differ. */
const marked = ({ marks }: Layout, ...children: readonly View[]): readonly View[] =>
  marks?.change === "all" || marks?.change === "alone" ? [element(marks.tag, {}, ...children)] : children;

const empty = (layout: Layout, written: string, meaning: string): Content => ({
  name: "empty",
  children: [...marked(layout, styled("span", "written", written)), " ", styled("span", "meaning", meaning)],
});

/** Pieces of a text, those that differ marked. */
function pieceViews(pieces: readonly TextPiece[], { marks }: Layout): View[] {
  if (marks === null || marks.change === "none") return pieces.flatMap(({ views }) => views);
  const views: View[] = [];
  let stretch: View[] = [];
  const end = (): void => {
    if (stretch.length > 0) views.push(element(marks.tag, {}, ...stretch));
    stretch = [];
  };
  for (const piece of pieces) {
    if (isChanged(marks.change, piece.start, piece.end)) stretch.push(...piece.views);
    else {
      end();
      views.push(...piece.views);
    }
  }
  end();
  return views;
}

/** A text: in parts where it is too long for one, and with marks. */
function longTextViews(text: string, layout: Layout): readonly View[] {
  if (layout.place !== null) return textInParts(textPieces(text), text, layout.place, (pieces) => pieceViews(pieces, layout));
  return layout.marks === null ? exactTextViews(text) : pieceViews(textPieces(text), layout);
}

function stringContent(text: string, layout: Layout): Content {
  if (text === "") return empty(layout, '""', "empty text");
  return { name: "string", children: ['"', element("span", { class: "text", dir: "ltr" }, ...longTextViews(text, layout)), '"'] };
}

const entriesOf = (members: JsonObject): Entry[] =>
  Object.keys(members)
    .toSorted()
    .map((name) => ({ name, value: members[name] as JsonValue }));

/** The members of an object; what says how something will be goes with what says how it was, which comes first. */
function rowsOf(members: JsonObject): Entry[] {
  const pairs = new Map<string, Entry>();
  const isAfter = new Set<string>();
  for (const { name, value } of entriesOf(members)) {
    const later = counterpartOf(name, members);
    if (later === undefined || isAfter.has(name) || isAfter.has(later)) continue;
    isAfter.add(later);
    const pair = { name, value, later: { name: later, value: members[later] as JsonValue } };
    pairs.set(name, pair);
    pairs.set(later, pair);
  }
  return [...new Set(entriesOf(members).map((entry) => pairs.get(entry.name) ?? entry))];
}

function content(value: JsonValue, layout: Layout): Content {
  if (typeof value === "string") return stringContent(value, layout);
  if (typeof value === "number") return { name: "number", children: marked(layout, String(value)) };
  if (typeof value !== "object" || value === null) return { name: "word", children: marked(layout, String(value)) };
  if (Array.isArray(value)) {
    if (value.length === 0) return empty(layout, "[]", "empty list");
    const entries = value.map((item, i) => ({ name: String(i + 1), value: item }));
    return { name: "nested", children: blocksOf(entries, layout, (some, inside) => [listView(some, inside)]) };
  }
  // What is one side of a pair is laid out like the other side.
  const rows = layout.marks === null ? rowsOf(value) : entriesOf(value);
  return rows.length === 0 ? empty(layout, "{}", "empty object") : { name: "nested", children: blocksOf(rows, layout, objectBlock) };
}

/** Lays out neighbouring entries. */
type Block = (entries: readonly Entry[], layout: Layout) => ViewElement[];

/** All entries in one block; or, in parts, in several, one after the other. */
function blocksOf(entries: readonly Entry[], layout: Layout, block: Block): ViewElement[] {
  const { place, marks } = layout;
  if (place === null) return block(entries, layout);
  return groupsOf(entries).flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)] as [Entry, Entry];
    return fitsInPart(first)
      ? place.part(first.name, last.later?.name ?? last.name, block(group, { place: null, marks }))
      : block(group, layout);
  });
}

function listView(entries: readonly Entry[], layout: Layout): ViewElement {
  const rows = entries.map(({ name: number, value }) => {
    const { name, children } = content(value, below(layout, number));
    return styled("li", `item ${name}`, ...children);
  });
  const [first] = entries;
  return element("ol", { class: "list", ...(first === undefined || first.name === "1" ? {} : { start: first.name }) }, ...rows);
}

function keyView(key: string, layout: Layout): ViewElement {
  const marks = layout.marks?.change === "alone" ? layout.marks : null;
  if (key === "") return styled("dt", "name", ...empty({ place: null, marks }, '""', "empty name").children);
  const place = isLongName(key) ? layout.place : null;
  return element("dt", { class: "name text", dir: "ltr" }, ...longTextViews(key, { place, marks }));
}

function rowView({ name: key, value }: Entry, layout: Layout): ViewElement {
  const inside = below(layout, key);
  const title = keyView(key, inside);
  const { name, children } = content(value, inside);
  if (name === "nested") return styled("div", "member nested", title, element("dd", {}, ...children));
  return styled("div", "member", title, styled("dd", name, ...children));
}

/** How something was and how it will be, beside each other where there is room. */
function pairView(earlier: Entry, later: Entry, place: PartPlace | null): ViewElement {
  const changes = changesBetween(earlier.value, later.value);
  const side = (entry: Entry, tag: "del" | "ins", change: Change): ViewElement => {
    const inside = { place: place?.below(entry.name) ?? null, marks: { tag, change } };
    const { name, children } = content(entry.value, inside);
    const title = keyView(entry.name, { place: inside.place, marks: null });
    const row = styled("div", "member nested", title, element("dd", name === "nested" ? {} : { class: name }, ...children));
    return styled("dl", "object", row);
  };
  const note = changes[0] === "none" ? styled("p", "hint", "Both are the same.") : null;
  return styled("div", "pair", side(earlier, "del", changes[0]), side(later, "ins", changes[1]), note);
}

/** Definition lists of members, and between them the pairs. */
function objectBlock(entries: readonly Entry[], layout: Layout): ViewElement[] {
  const blocks: ViewElement[] = [];
  let rows: ViewElement[] = [];
  const end = (): void => {
    if (rows.length > 0) blocks.push(styled("dl", "object", ...rows));
    rows = [];
  };
  for (const entry of entries) {
    if (entry.later === undefined) {
      rows.push(rowView(entry, layout));
      continue;
    }
    end();
    blocks.push(pairView(entry, entry.later, layout.place));
  }
  end();
  return blocks;
}

const AS_ONE: Layout = { place: null, marks: null };

/** An object as a definition list. An empty one says that it is. */
export function objectView(members: JsonObject): View {
  const { name, children } = content(members, AS_ONE);
  const [list, ...others] = children;
  if (name !== "nested") return styled("span", name, ...children);
  return others.length === 0 && list !== undefined ? list : element("div", {}, ...children);
}

/** An object in parts, and the id of the part in which each of its members begins. */
export function objectInParts(members: JsonObject): { views: View[]; ids: ReadonlyMap<string, string> } {
  const place = new PartPlace();
  const ids = new Map<string, string>();
  const rows = rowsOf(members);
  if (rows.length === 0) return { views: [place.part("{}", "{}", [objectView(members)])], ids };
  const block: Block = (some, inside) => {
    for (const { name, later } of some) for (const one of [name, later?.name ?? name]) ids.set(one, place.nextId);
    return objectBlock(some, inside);
  };
  return { views: blocksOf(rows, { place, marks: null }, block), ids };
}
