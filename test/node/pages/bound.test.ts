/** Whatever a payload of 64 KiB holds, its page is one that a phone can carry, and nothing of it is left out. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalize, type JsonObject, type JsonValue, MAX_PAYLOAD_BYTES } from "#countersign/json/canonical-json.ts";
import { requestViews } from "#pages/approvals/request-view.ts";
import { denseLines, densePlan } from "#pages/kit/value/dense.ts";
import type { View } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { anyPayload } from "#test/support/documents/approval-data.ts";
import { corpusData } from "#test/support/corpus/corpus-case.ts";

const KIB = 1_024;
const MOST_NODES = 10_000;
/** Of what a browser is sent to lay out. What HTML writes in several letters, such as an apostrophe, is as many for each. */
const MOST_BYTES = 320 * KIB;
const MOST_ESCAPED_BYTES = 460 * KIB;

const nodesIn = (view: View): number => (typeof view === "string" ? 1 : 1 + view.children.reduce((sum, child) => sum + nodesIn(child), 0));
const partsIn = (view: View): number =>
  typeof view === "string"
    ? 0
    : (view.attributes["class"] === "part" ? 1 : 0) + view.children.reduce((sum, child) => sum + partsIn(child), 0);

/** Characters of a part that a reader gets through without losing their place. */
const MOST_OF_A_PART = 640;
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const longestPart = (view: View): number =>
  typeof view === "string"
    ? 0
    : Math.max(view.attributes["class"] === "part" ? textOf(view).length : 0, ...view.children.map((child) => longestPart(child)));

/** As much of it as a payload may hold. */
function filled(of: (count: number) => JsonObject): JsonObject {
  const size = (count: number): number => Buffer.byteLength(canonicalize(of(count)));
  let [low, high] = [1, MAX_PAYLOAD_BYTES];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (size(middle) <= MAX_PAYLOAD_BYTES) low = middle;
    else high = middle - 1;
  }
  return of(low);
}
const times = (text: string) => filled((count) => ({ text: text.repeat(count) }));
const listOf = (item: JsonValue) => filled((count) => ({ list: Array.from({ length: count }, () => item) }));
const membersOf = (name: (i: number) => string, value: JsonValue) =>
  filled((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), value])));

const WORST: Record<string, () => JsonObject> = {
  "ends of lines": () => times("\n"),
  "lines of a letter": () => times("a\n"),
  tabs: () => times("\t"),
  "characters that are turned round": () => times("\u202e"),
  "characters that are deleted": () => times("\u007f"),
  "hidden ones between letters": () => times("a\u200b"),
  "spaces between signs": () => times("- "),
  spaces: () => times(" "),
  "pairs of spaces": () => times("  a"),
  "words of two alphabets": () => times("aа "),
  "Hebrew between Latin": () => times("אa"),
  "dots that look like spaces": () => times("·"),
  "marks on marks": () => times("e\u0301\u0301"),
  "letters that few devices have": () => times("ꓢ"),
  statements: () => times("DELETE FROM t; "),
  "lines of SQL": () => times("SELECT 'a' FROM t;\n"),
  "lines of a patch": () => filled((count) => ({ diff: `@@ -1 +1 @@\n${"+a\n-b\n".repeat(count)}` })),
  "JSON in a text": () => filled((count) => ({ body: JSON.stringify(Array.from({ length: count }, (_, i) => i)) })),
  "a list of numbers": () => listOf(0),
  "a list of nothing": () => listOf(null),
  "a list of empty lists": () => listOf([]),
  "a list of lists of lists": () => listOf([[0]]),
  "a list of objects": () => listOf({ a: 1 }),
  "members with short names": () => membersOf((i) => i.toString(36), 0),
  "members with hidden names": () => membersOf((i) => `\u200b${i.toString(36)}`, "\u200b"),
  "pairs of members": () => membersOf((i) => `${i % 2 === 0 ? "before" : "after"}_${i >> 1}`, "x"),
  "one name": () => filled((count) => ({ ["\u200ba".repeat(count)]: 1 })),
  "deep lists with long names": () =>
    filled((count) => ({
      a: Array.from({ length: 28 }).reduce<JsonValue>((inner) => ({ ["n".repeat(200)]: inner }), "x\n".repeat(count)),
    })),
  letters: () => times("a"),
  "one word of two alphabets": () => filled((count) => ({ text: `а${"b".repeat(count)}` })),
  "hidden ones between letters, in several texts": () =>
    filled((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`text_${i}`, "a\u200b".repeat(40)]))),
  "some hidden ones": () => ({ text: "\u202e".repeat(800), rest: "x".repeat(62_400) }),
  "a phrase in Hebrew": () => times("שלום עולם "),
  Hebrew: () => times("א"),
  Chinese: () => times("漢"),
  words: () => times("word "),
};

/** Such as HTML writes in several letters. */
const ESCAPED: Record<string, () => JsonObject> = {
  apostrophes: () => times("'"),
  markup: () => times("<"),
  ampersands: () => times("&"),
  "empty texts": () => listOf(""),
};

async function measured(payload: JsonObject, previous: JsonObject | null = null) {
  const data = await corpusData("https://gate.example.com", { name: "", action: "Do it", payload, strip: [] });
  const before = previous === null ? null : { request: data.request.id, approved_at: data.now, payload: previous };
  const views = Object.values(
    requestViews(data.request, payload, data.people, { ...(data.aids ?? { marks: [], notes: [], call: null }), previous: before }),
  );
  const nodes = views.reduce((sum, view) => sum + nodesIn(view), 0);
  const bytes = views.reduce((sum, view) => sum + Buffer.byteLength(toJsx(view).toString() as string), 0);
  return { nodes, bytes, parts: views.reduce((sum, view) => sum + partsIn(view), 0), longest: Math.max(...views.map(longestPart)) };
}

describe("64 KiB of", () => {
  test.each(Object.entries(WORST))("%s", async (_, make) => {
    const payload = make();
    expect(Buffer.byteLength(canonicalize(payload))).toBeGreaterThan(MAX_PAYLOAD_BYTES - 4_000);
    const { nodes, bytes, parts, longest } = await measured(payload);
    expect({ nodes: nodes <= MOST_NODES ? "few" : nodes, bytes: bytes <= MOST_BYTES ? "few" : bytes }).toEqual({
      nodes: "few",
      bytes: "few",
    });
    expect(parts).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(MOST_OF_A_PART);
  });

  test.each(Object.entries(ESCAPED))("%s, which HTML writes in several letters", async (_, make) => {
    const { nodes, bytes, longest } = await measured(make());
    expect(nodes).toBeLessThanOrEqual(MOST_NODES);
    expect(bytes).toBeLessThanOrEqual(MOST_ESCAPED_BYTES);
    expect(longest).toBeLessThanOrEqual(MOST_OF_A_PART);
  });

  test("numbers, and as many others that were approved before", async () => {
    const { nodes, bytes } = await measured(listOf(0), listOf(1));
    expect(nodes).toBeLessThanOrEqual(MOST_NODES);
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });
});

/** What is written densely, read again. */
const readDense = (lines: readonly string[]): unknown =>
  JSON.parse(
    lines
      .map((line) => line.trimStart())
      .join("")
      .replaceAll("·", " ")
      .replaceAll(/(?<=(?<!\\)(?:\\\\)*)\\x(?=[0-9a-f]{2})/g, "\\u00"),
  );

test("what is written densely is the value, whatever it holds", () => {
  fc.assert(
    fc.property(anyPayload, (payload) => {
      expect(readDense(denseLines(payload))).toEqual(payload);
    }),
  );
  const long = ["a b ".repeat(200), "\u202e".repeat(200), "e\u0301".repeat(300), "\\".repeat(501), "😀".repeat(300), "·".repeat(300)];
  expect(readDense(denseLines({ long, [long[0] ?? ""]: "\\u0041".repeat(99) }))).toEqual({ long, [long[0] ?? ""]: "\\u0041".repeat(99) });
  expect(Math.max(...denseLines(long).map(({ length }) => length))).toBeLessThanOrEqual(240);
  expect(denseLines(long).filter((line) => line.endsWith("a ") || line.endsWith("b "))).toEqual([]);
  const hostile = { "a\\x41": "\\u0041 \\n  x\n y\\", b: "\u202e\u007f·  ", c: [" ", "\t", -0.5, 1e21, null, {}, []] };
  expect(readDense(denseLines(hostile))).toEqual(hostile);
});

test("only what takes the most is written densely", () => {
  expect(densePlan({ text: "שלום עולם، مرحبا بكم ".repeat(600) })).toEqual(new Map());
  const rows = Array.from({ length: 9_000 }, () => 1);
  expect(densePlan({ rows, to: "sam" })).toEqual(new Map([["rows", "dense"]]));
  expect(densePlan({ a: { rows, to: "sam" }, b: "x" })).toEqual(new Map([["a", new Map([["rows", "dense"]])]]));
  expect(densePlan({ rows: rows.slice(0, 500) })).toEqual(new Map());
  expect(densePlan(Object.fromEntries(rows.map((_, i) => [`m${i}`, i])))).toBe("dense");
});
