/** The card of a call: what the schema and the annotations say, what differs, and that marks and lines change no character of a value. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { NO_AIDS, type ReadingAids } from "#api/reading/reading-aids.ts";
import { callView } from "#pages/approvals/call/call-view.ts";
import { differsView } from "#pages/approvals/call/differs-view.ts";
import { sessionView } from "#pages/approvals/call/session-view.ts";
import { requestViews } from "#pages/approvals/request-view.ts";
import { AidsAt } from "#pages/kit/value/aids.ts";
import { objectInParts } from "#pages/kit/value/arranged-view.ts";
import { element, type View } from "#pages/kit/view.ts";
import { MARK_KINDS } from "#rules/reading/mark.ts";
import { payloadMarks } from "#rules/reading/payload-marks.ts";
import { schemaNotes } from "#rules/reading/schema-notes.ts";
import { hintWords } from "#rules/reading/hint-words.ts";
import { ALEX, anyPayload, anyText, SAM } from "#test/support/documents/approval-data.ts";
import { callData, callPayload, callRequest, SQL_TOOL } from "#test/support/documents/call-data.ts";

const ORIGIN = "https://gate.example.com";
const ID = `apr_${"a".repeat(32)}`;
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const withTag = (view: View, tag: string): string[] =>
  typeof view === "string" ? [] : [...(view.tag === tag ? [textOf(view)] : []), ...view.children.flatMap((child) => withTag(child, tag))];

const placed = <One extends { at: readonly string[] }>(all: readonly One[]) => all.map((one) => ({ ...one, at: [...one.at] }));
const marksOf = (payload: JsonObject): ReadingAids["marks"] => placed(payloadMarks(payload));

describe("what the schema says", () => {
  const notes = (inputSchema: JsonObject, given: JsonObject) =>
    schemaNotes({ inputSchema }, given, ["arguments"]).map(
      ({ at, text, isWarning }) => `${at.slice(1).join(".")}${isWarning ? "!" : ""} ${text}`,
    );

  test("types, values, defaults, what is missing and what is not known", () => {
    const schema = SQL_TOOL["inputSchema"] as JsonObject;
    expect(notes(schema, { query: "x", more: 1 })).toEqual([
      "query text",
      "query One statement, without parameters.",
      "more! Not in the tool’s schema",
      "! Required and not given: project",
      " Not given: limit (default 100)",
    ]);
  });

  test("within objects and lists, by reference, of several types", () => {
    const schema: JsonObject = {
      type: "object",
      $defs: {
        row: {
          type: "object",
          required: ["id"],
          properties: { id: { type: ["integer", "null"] }, when: { anyOf: [{ type: "string" }, { type: "null" }] } },
        },
      },
      properties: {
        rows: { type: "array", items: { $ref: "#/$defs/row" } },
        free: { type: "object", additionalProperties: { type: "number" } },
      },
    };
    expect(notes(schema, { rows: [{ id: 1, when: null }, {}], free: { a: 1 } })).toEqual([
      "rows list",
      "rows.1.id whole number or null",
      "rows.1.when text or null",
      "rows.2! Required and not given: id",
      "rows.2 Not given: when",
      "free object",
    ]);
  });

  test.each<[string, JsonObject]>([
    ["a circle of references", { properties: { a: { $ref: "#/properties/a" } } }],
    ["one to nowhere", { properties: { a: { $ref: "#/$defs/none" } } }],
    ["one to a prototype", { properties: { a: { $ref: "#/__proto__/constructor" } } }],
    ["what is no schema", { properties: { a: "text" }, required: "a" }],
  ])("nothing of %s", (_, schema) => {
    expect(notes({ type: "object", ...schema }, { a: 1 })).toEqual([]);
  });

  test("any schema and any arguments", () => {
    fc.assert(
      fc.property(anyPayload, anyPayload, (schema, given) => {
        expect(schemaNotes({ inputSchema: { ...schema, properties: schema } }, given, []).length).toBeLessThanOrEqual(300);
      }),
    );
  });
});

test.each<[JsonValue, string, boolean]>([
  [null, "may do anything, since it does not say", true],
  [{ readOnlyHint: true }, "reads only", false],
  [{ readOnlyHint: true, destructiveHint: true, openWorldHint: true }, "reads only and reaches beyond itself", false],
  [{ readOnlyHint: false }, "may destroy", true],
  [
    { destructiveHint: true, idempotentHint: true, openWorldHint: true },
    "may destroy, is the same done twice as done once and reaches beyond itself",
    true,
  ],
  [{ destructiveHint: false }, "adds or changes and destroys nothing", false],
  [{ readOnlyHint: "true", destructiveHint: "false" }, "may do anything, since it does not say", true],
])("annotations %j", (annotations, hints, isGrave) => {
  expect(hintWords({ annotations })).toEqual({ hints, isGrave });
});

test("the card says the risk and what is dangerous before any words of the agent or the server", async () => {
  const { data } = await callData(ORIGIN, { request: { reason: "r".repeat(2_000) } });
  const { request } = requestViews(data.request, data.payload, data.people, data.aids);
  const text = textOf(request);
  const order = [
    "warehouse.execute_sql",
    "High risk",
    "Deletes every row, without a condition",
    "In the agent’s own words",
    "The gate calls the tool",
  ];
  expect(order.map((one) => text.indexOf(one))).toEqual(order.map((one) => text.indexOf(one)).toSorted((a, b) => a - b));
  expect(order.every((one) => text.includes(one))).toBe(true);
});

test("a call whose payload is not kept is told without it", () => {
  const payload = callPayload({});
  const views = requestViews(callRequest(ORIGIN, payload), null, [ALEX, SAM]);
  expect(textOf(views.request)).toContain("High risk");
  expect(textOf(views.request)).not.toContain("The gate calls");
});

describe("what differs", () => {
  const shown = (was: JsonObject, is: JsonObject) =>
    differsView(ID, callPayload(is), {
      request: `apr_${"b".repeat(32)}`,
      approved_at: "2026-11-28T14:02:00.000Z",
      payload: callPayload(was),
    });

  test("changed, new and gone by name, and what is the same", () => {
    const view = shown({ a: 1, b: "x y", c: [1] }, { b: "x z", c: [1], d: null });
    expect(withTag(view, "del")).toEqual(["arguments.a", "1", "y"]);
    expect(withTag(view, "ins")).toEqual(["z", "arguments.d", "null"]);
    expect(textOf(view)).toContain("The same: arguments.c, schema_hash, server, tool, url_origin.");
  });

  test("nothing, and nothing before", () => {
    expect(textOf(shown({ a: 1 }, { a: 1 }))).toContain("Nothing differs.");
    expect(textOf(differsView(ID, callPayload({}), null))).toBe("");
  });

  test("of any two payloads: every name is said, and both are the same only if they are", () => {
    fc.assert(
      fc.property(anyPayload, anyPayload, (was, is) => {
        const text = textOf(shown(was, is));
        expect(text.includes("Nothing differs.")).toBe(JSON.stringify(sorted(was)) === JSON.stringify(sorted(is)));
      }),
    );
  });
  const sorted = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.keys(value)
        .toSorted()
        .map((name) => [name, sorted(value[name] ?? null)]),
    );
  };
});

test("the session counts what happened, folds what is long, and says that nobody signs it", () => {
  const step = (status: string) => ({
    at: "2026-11-30T12:00:00.000Z",
    what: "a.b",
    status,
    request: null,
    isSameTrace: false,
    agent: null,
  });
  const text = textOf(sessionView({ steps: [...Array.from({ length: 7 }, () => step("succeeded")), step("blocked")], isWhole: false }));
  expect(text).toContain("1 refused, 7 succeeded");
  expect(text).toContain("2 earlier");
  expect(text).toContain("Not all of it could be read now.");
  expect(text).toContain("Not part of what is signed.");
});

describe("marks and lines change no character:", () => {
  const value = (payload: JsonObject, aids: Pick<ReadingAids, "marks" | "notes">): View =>
    element("div", {}, ...objectInParts(payload, AidsAt.of(aids)).views);
  const withoutLines = (view: View): string =>
    typeof view === "string"
      ? view
      : view.attributes["class"]?.startsWith("said-of") === true
        ? ""
        : view.children.map(withoutLines).join("");

  const code = fc.constantFrom(
    "DELETE FROM users",
    "rm -rf /",
    "--- a\n+++ b\n@@ -1\n-x\n+y",
    '{"a":{"b":1}}',
    "<mark>DROP TABLE x</mark>",
    "a@b.example 5 EUR\u202e",
  );
  const payloads = fc
    .tuple(anyPayload, fc.array(fc.oneof(code, anyText), { maxLength: 5 }))
    .map(([members, texts]) => ({ ...members, query: texts.join(" "), command: texts }));

  test("for any payload, the text is the one without marks", () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        const plain = textOf(value(payload, NO_AIDS));
        expect(textOf(value(payload, { marks: marksOf(payload), notes: [] }))).toBe(plain);
      }),
      { numRuns: 200 },
    );
  });

  test("wherever marks and lines are said to be, however wrong", () => {
    const place = fc.array(fc.constantFrom("query", "command", "1", "2", "x"), { maxLength: 3 });
    const marks = fc.array(
      fc.record({ at: place, from: fc.nat(40), to: fc.nat(40), kind: fc.constantFrom(...MARK_KINDS), says: anyText }),
      { maxLength: 8 },
    );
    const notes = fc.array(fc.record({ at: place, text: anyText, isWarning: fc.boolean() }), { maxLength: 4 });
    fc.assert(
      fc.property(payloads, marks, notes, (payload, some, lines) => {
        const plain = textOf(value(payload, NO_AIDS));
        expect(withoutLines(value(payload, { marks: some, notes: lines }))).toBe(plain);
      }),
      { numRuns: 200 },
    );
  });

  test("hidden characters within what is dangerous are told besides", async () => {
    const { data } = await callData(ORIGIN, { given: { project: "staging", query: "DROP TABLE us\u200bers" } });
    const text = textOf(requestViews(data.request, data.payload, data.people, data.aids).request);
    expect(text).toContain("Drops what is there:");
    expect(text).toContain("Hidden or unclear: U+200B");
  });
});

test.each([
  ["resources/read", "The gate reads a resource of the server github at https://api.example.com."],
  ["prompts/get", "The gate gets a prompt of the server github at https://api.example.com."],
  ["completion/complete", "The gate asks for completions of the server github at https://api.example.com."],
])("what is no tool is said as what it is, and nothing is said of it in the server's name: %s", (tool, said) => {
  const call = { definition: { name: tool }, runs_as: null, hints: "may change things", is_grave: true, asked: null };
  expect(textOf(callView({ tool, server: "github", url_origin: "https://api.example.com" }, call, `github.${tool}`))).toBe(said);
});
