/** A server that is a gate itself: what it says goes on under names of its own, and whom it wants asked is said in words. */
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { fromOtherGate, speaksAsGate, UPSTREAM_PENDING_META, waitsAtUpstream } from "#rules/calls/run/other-gate.ts";

const PENDING = { request_id: "apr_1", approval_url: "https://other.example.com/a/apr_1" };
const message = (result: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, result });
const resultOf = (text: string): JsonObject & { content: { text: string }[]; _meta: JsonObject } =>
  (JSON.parse(text) as { result: JsonObject & { content: { text: string }[]; _meta: JsonObject } }).result;

describe("a result that waits at another gate", () => {
  const said = { content: [{ type: "text", text: "NOT DONE YET." }], _meta: { "dev.countersign/pending": PENDING, other: 1 } };

  it("says whom to ask, and is none of this gate's", () => {
    const passed = resultOf(fromOtherGate(message(said), "message", "work"));
    expect(passed._meta).toEqual({ [UPSTREAM_PENDING_META]: PENDING, other: 1 });
    expect(passed.content).toHaveLength(2);
    expect(passed.content[0]?.text).toContain("The server work says that it is a gate as well");
    expect(passed.content[0]?.text).toContain(PENDING.approval_url);
    expect(passed.content[1]?.text).toBe("NOT DONE YET.");
    expect([waitsAtUpstream(said), waitsAtUpstream(passed)]).toEqual([false, true]);
  });

  it("of two gates behind one another tells how far away it is", () => {
    const twice = resultOf(fromOtherGate(fromOtherGate(message(said), "message", "far"), "message", "near"));
    expect(twice._meta).toEqual({ "dev.countersign/upstream.upstream.pending": PENDING, other: 1 });
    // Which was said once: the gate between has put it into words.
    expect(twice.content).toHaveLength(2);
  });

  it("reads the same as a result alone, and where nothing else is said", () => {
    const alone = JSON.parse(fromOtherGate(JSON.stringify({ ...said, content: [] }), "result", "work")) as typeof said;
    expect(alone.content).toHaveLength(1);
    expect(alone._meta).toHaveProperty([UPSTREAM_PENDING_META]);
  });

  it("keeps every other byte", () => {
    const text = `{"jsonrpc":"2.0", "id":1,"result":{"_meta":{"dev.countersign\\u002freplayed": true},"content":[ {"type":"text","text":"\\u00e9"}],"structuredContent":{"n":12345678901234567890.10}}}`;
    expect(fromOtherGate(text, "message", "work")).toBe(
      text.replace('"dev.countersign\\u002freplayed"', '"dev.countersign/upstream.replayed"'),
    );
  });
});

it.each([
  ["an address of another kind", "javascript:alert(1)"],
  ["an address with a name and a password", "https://other.example.com@evil.example.com/"],
  ["an address in the clear", "http://other.example.com/a/1"],
  ["no address", "ask Alex"],
  ["an address that is too long", `https://other.example.com/${"a".repeat(2_000)}`],
  ["a number", 7],
])("%s is handed on to nobody as words", (_, approval_url) => {
  const passed = resultOf(
    fromOtherGate(message({ content: [], _meta: { "dev.countersign/pending": { approval_url } } }), "message", "work"),
  );
  expect(passed.content).toEqual([]);
  expect(passed._meta).toEqual({ [UPSTREAM_PENDING_META]: { approval_url } });
});

it.each([
  ["no members of a gate", { content: [], _meta: { "example.com/pending": PENDING } }],
  [
    "its members elsewhere",
    { content: [{ type: "text", text: "dev.countersign/pending", _meta: { "dev.countersign/pending": PENDING } }] },
  ],
  ["members that are no object", { content: [], _meta: "dev.countersign/pending" }],
])("a result with %s is as it was", (_, result) => {
  expect(speaksAsGate(result)).toBe(false);
  expect(fromOtherGate(message(result), "message", "work")).toBe(message(result));
});
