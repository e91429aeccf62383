import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { misfitOf, reasonArgument, withoutReason } from "#rules/calls/arguments/check-arguments.ts";
import { weakened } from "#rules/calls/arguments/weakened-schema.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    to: { type: "string", pattern: "^[a-z]+@example\\.com$" },
    amount: { type: "integer", minimum: 1 },
    tags: { type: "array", items: { type: "string", pattern: "^[a-z]+$" } },
  },
  required: ["to"],
  additionalProperties: false,
};

describe("the agent's reason", () => {
  it("is taken out before anything else looks at the arguments", () => {
    expect(withoutReason({ to: "a", _reason: "because" }, SCHEMA)).toEqual({ ok: true, value: { args: { to: "a" }, reason: "because" } });
    expect(withoutReason({ to: "a" }, SCHEMA)).toEqual({ ok: true, value: { args: { to: "a" }, reason: null } });
    expect(withoutReason({ to: "a", _reason: null }, SCHEMA)).toEqual({ ok: true, value: { args: { to: "a" }, reason: null } });
  });

  it("has another name where the tool has an argument of that one", () => {
    const own: JsonObject = { type: "object", properties: { _reason: { type: "string" } } };
    expect([reasonArgument(SCHEMA), reasonArgument(own), reasonArgument(undefined)]).toEqual(["_reason", "_approval_reason", "_reason"]);
    expect(withoutReason({ _reason: "the tool's", _approval_reason: "mine" }, own)).toEqual({
      ok: true,
      value: { args: { _reason: "the tool's" }, reason: "mine" },
    });
  });

  it.each([[7], [{}], ["x".repeat(2_001)]])("is a text of at most 2,000 characters (%#)", (reason) => {
    expect(withoutReason({ _reason: reason }, SCHEMA)).toMatchObject({ ok: false, refusal: { field: "_reason" } });
  });
});

describe("arguments and the accepted schema", () => {
  it.each<[string, JsonObject, string | null]>([
    ["what fits", { to: "ada@example.com", amount: 3, tags: ["a"] }, null],
    ["a missing member", { amount: 3 }, "$"],
    ["a wrong type", { to: "ada@example.com", amount: "3" }, "$.amount"],
    ["too little", { to: "ada@example.com", amount: 0 }, "$.amount"],
    ["a member that there is not", { to: "ada@example.com", ammount: 3 }, "$.ammount"],
    ["a pattern", { to: "mallory@evil.example" }, "$.to"],
    ["a pattern below a list", { to: "ada@example.com", tags: ["a", "B"] }, "$.tags[1]"],
  ])("%s", (_, args, field) => {
    expect(misfitOf(args, SCHEMA)?.field ?? null).toBe(field);
  });

  it("refuses what cannot be shown and signed, whatever the schema says", () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 40; level++) deep = { a: deep };
    expect(misfitOf({ deep }, undefined)).not.toBeNull();
    expect(misfitOf({ any: "thing" }, undefined)).toBeNull();
  });

  it("applies no defaults, and follows no schema without end", () => {
    const args: JsonObject = {};
    expect(misfitOf(args, { type: "object", properties: { a: { type: "string", default: "x" } } })).toBeNull();
    expect(args).toEqual({});
    expect(misfitOf({ a: 1 }, { $ref: "#" })).toEqual({ field: "$", message: "the schema of this tool cannot be used" });
    expect(misfitOf({ a: 1 }, { $ref: "https://example.com/nowhere" })).not.toBeNull();
  });

  it("takes as long for a hostile pattern as for any other", () => {
    const schema: JsonObject = { type: "object", properties: { a: { type: "string", pattern: "^(a+)+$" } } };
    expect(misfitOf({ a: `${"a".repeat(50_000)}!` }, schema)?.field).toBe("$.a");
    // A pattern that RE2 does not read is the server's own to check.
    expect(misfitOf({ a: "b" }, { type: "object", properties: { a: { type: "string", pattern: "^(?=a)" } } })).toBeNull();
  });

  it("never refuses by what was taken out of a schema", () => {
    const anyOf: JsonObject = {
      type: "object",
      oneOf: [{ properties: { a: { pattern: "^x" } } }, { properties: { a: { pattern: "^y" } } }],
    };
    expect(misfitOf({ a: "y" }, anyOf)).toBeNull();
    expect(misfitOf({ a: "y" }, { type: "object", not: { properties: { a: { pattern: "^x" } } } })).toBeNull();
    expect(misfitOf({ x1: 1 }, { type: "object", patternProperties: { "^x": {} }, additionalProperties: false })).toBeNull();
    expect(weakened({ type: "object", properties: { pattern: { type: "string" }, format: { const: "pattern" } } })).toEqual({
      type: "object",
      properties: { pattern: { type: "string" }, format: { const: "pattern" } },
    });
  });
});
