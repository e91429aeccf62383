/**
 * A JSON value as a view: complete, expanded, and each type recognisable. Members stand in canonical order (sorted by
 * UTF-16 code units), whatever order they came in, so that one hash has one view. As few elements as that takes: a payload
 * may hold thirty thousand values. Not in scope: parts, and what differs (value/arranged-view.ts).
 */
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { valuesTexts as texts } from "#texts/browser/kit/values.ts";
import { exactTextViews, textView } from "./text-view.ts";
import { element, styled, type View, type ViewElement } from "./view.ts";

/** A member or an item, by the name that it is shown with. */
export interface Entry {
  name: string;
  value: JsonValue;
  /** What goes with it: how it will be, where this is how it was. */
  later?: Entry;
}

/** Neighbouring entries, laid out. */
export type Block = (entries: readonly Entry[], layout: ValueLayout) => ViewElement[];

/** How what a value holds is laid out. */
export interface ValueLayout {
  /** The layout of the member or item of this name. */
  below(name: string): ValueLayout;
  /** What its row has besides its class. */
  rowAttributes(): Readonly<Record<string, string>>;
  /** The value as it is written, where laying it out would take too much; null where it would not. */
  dense(value: JsonValue): Content | null;
  /** What is said of a text, where that is laid out in lines and so needs no quotation marks. */
  said(text: string): string | null;
  /** A text, and the name of a member. */
  text(text: string): ViewElement;
  name(text: string): readonly View[];
  /** What stands for a value that is no text. */
  marked(...children: readonly View[]): readonly View[];
  /** What is said of the member, below its value; each a `dd`. */
  notes(): readonly View[];
  /** Members in order. */
  rowsOf(members: JsonObject): Entry[];
  /** All entries, in one block or in several. */
  blocksOf(entries: readonly Entry[], block: Block): ViewElement[];
  /** Two members that go together. */
  pair(earlier: Entry, later: Entry): ViewElement;
}

/** What stands in the element that holds a value, and that element's class. */
export interface Content {
  name: string;
  children: readonly View[];
}

const empty = (layout: ValueLayout, written: string, meaning: string): Content => ({
  name: "empty",
  children: [...layout.marked(styled("span", "written", written)), " ", styled("span", "meaning", meaning)],
});

function stringContent(text: string, layout: ValueLayout): Content {
  if (text === "") return empty(layout, '""', texts.value.emptyText);
  const said = layout.said(text);
  const shown = layout.text(text);
  return { name: "string", children: said === null ? ['"', shown, '"'] : [styled("span", "meaning", said), shown] };
}

/** The members of an object in canonical order. */
export const entriesOf = (members: JsonObject): Entry[] =>
  Object.keys(members)
    .toSorted()
    .map((name) => ({ name, value: members[name] as JsonValue }));

/** What a value shows, laid out like this. */
export function contentOf(value: JsonValue, layout: ValueLayout): Content {
  const dense = layout.dense(value);
  if (dense !== null) return dense;
  if (typeof value === "string") return stringContent(value, layout);
  if (typeof value === "number") return { name: "number", children: layout.marked(String(value)) };
  if (typeof value !== "object" || value === null) return { name: "word", children: layout.marked(String(value)) };
  if (Array.isArray(value)) {
    if (value.length === 0) return empty(layout, "[]", texts.value.emptyList);
    const entries = value.map((item, i) => ({ name: String(i + 1), value: item }));
    return { name: "nested", children: layout.blocksOf(entries, (some, inside) => [listView(some, inside)]) };
  }
  const rows = layout.rowsOf(value);
  return rows.length === 0
    ? empty(layout, "{}", texts.value.emptyObject)
    : { name: "nested", children: layout.blocksOf(rows, membersBlock) };
}

function listView(entries: readonly Entry[], layout: ValueLayout): ViewElement {
  const rows = entries.map(({ name: number, value }) => {
    const inside = layout.below(number);
    const { name, children } = contentOf(value, inside);
    return element("li", { class: `item ${name}`, ...inside.rowAttributes() }, ...children);
  });
  const [first] = entries;
  return element("ol", { class: "list", ...(first === undefined || first.name === "1" ? {} : { start: first.name }) }, ...rows);
}

/** The name of a member. */
export function keyView(key: string, layout: ValueLayout): ViewElement {
  if (key === "") return styled("dt", "name", ...empty(layout, '""', texts.value.emptyName).children);
  return element("dt", { class: "name text", dir: "ltr" }, ...layout.name(key));
}

function rowView({ name: key, value }: Entry, layout: ValueLayout): ViewElement {
  const inside = layout.below(key);
  const title = keyView(key, inside);
  const { name, children } = contentOf(value, inside);
  const others = inside.rowAttributes();
  if (name === "nested")
    return element("div", { class: "member nested", ...others }, title, ...inside.notes(), element("dd", {}, ...children));
  return element("div", { class: "member", ...others }, title, styled("dd", name, ...children), ...inside.notes());
}

/** Definition lists of members, and between them those that go together. */
export const membersBlock: Block = (entries, layout) => {
  const blocks: ViewElement[] = [];
  let rows: ViewElement[] = [];
  const end = (): void => {
    if (rows.length > 0) blocks.push(styled("dl", "object", ...rows));
    rows = [];
  };
  for (const entry of entries) {
    if (entry.later === undefined) rows.push(rowView(entry, layout));
    else {
      end();
      blocks.push(layout.pair(entry, entry.later));
    }
  }
  end();
  return blocks;
};

/** Everything in one piece and in canonical order. */
const PLAIN: ValueLayout = {
  below: () => PLAIN,
  rowAttributes: () => ({}),
  dense: () => null,
  said: () => null,
  text: (text) => textView(text),
  name: exactTextViews,
  marked: (...children) => children,
  notes: () => [],
  rowsOf: entriesOf,
  blocksOf: (entries, block) => block(entries, PLAIN),
  pair: () => element("div", {}),
};

/** An object as a definition list. An empty one says that it is. */
export function objectView(members: JsonObject): View {
  const { name, children } = contentOf(members, PLAIN);
  const [list] = children;
  return name === "nested" && list !== undefined ? list : styled("span", name, ...children);
}
