/** What a grant lets pass, and what it may be given for. Thousands of made ones are properties.test.ts. */
import { describe, expect, it } from "vitest";
import { checkGrantShown } from "#countersign/grants/check-grant-shown.ts";
import { grantKey, grantPlace, valuesUnder } from "#countersign/grants/grant-key.ts";
import { actionOf, type GrantedAction, actionTermsOf } from "#countersign/grants/granted-action.ts";
import { matchGrant } from "#countersign/grants/match-grant.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { RequestV2 } from "#countersign/documents/request.ts";
import { asRead, GRANT, SHOWN } from "#test/support/grants/made-grants.ts";

const whyNot = (changes: Partial<GrantedAction>, grant: object = GRANT): (string | null)[][] => {
  const matched = matchGrant(asRead(grant), { ...SHOWN, ...changes });
  return matched.ok ? [] : matched.refusal.map(({ reason, pointer, message }) => [reason, pointer, message]);
};
const withArgs = (changes: object) => ({ args: { ...SHOWN.args, ...changes } });

describe("a grant covers", () => {
  it.each([
    ["what was shown", {}],
    ["less of what is bounded", withArgs({ amount: 0 })],
    ["anything where anything may be", withArgs({ memo: { deep: [null] } })],
    ["the same, its members in another order", { args: Object.fromEntries(Object.entries(SHOWN.args).toReversed()) }],
    ["its last moment", { atMs: Date.parse(GRANT.until) }],
  ])("%s", (_, changes) => {
    expect(whyNot(changes)).toEqual([]);
  });

  it.each<[string, Partial<GrantedAction>, string, string | null, string]>([
    ["another rule", { rule: "large-payments" }, "other_rule", null, "the rule large-payments decides, and it was given under payments"],
    ["another agent", { agent: "agt_other" }, "other_agent", null, "it was given for another agent"],
    ["another server", { server: "srv_other" }, "other_server", null, "it was given for another server"],
    ["no server", { server: null }, "other_server", null, "it was given for another server"],
    ["another tool", { tool: "transfer_all" }, "other_tool", null, "it was given for the tool transfer"],
    [
      "another description of the tool",
      { schemaHash: "6".repeat(64) },
      "other_schema",
      null,
      "the tool is not described as it was when it was given",
    ],
    ["an ask in the place of a call", { schemaHash: null }, "other_schema", null, "the tool is not described as it was when it was given"],
    ["a moment after its end", { atMs: Date.parse(GRANT.until) + 1 }, "too_late", null, "it ended at 2026-11-27T09:00:00.000Z"],
    ["no moment at all", { atMs: Number.NaN }, "too_late", null, "it ended at 2026-11-27T09:00:00.000Z"],
    ["another value", withArgs({ to: "Bob" }), "other_value", "/to", "/to is another than was approved"],
    ["a value in another order", withArgs({ tags: [1, "a"] }), "other_value", "/tags", "/tags is another than was approved"],
    ["more", withArgs({ amount: 50.01 }), "out_of_bounds", "/amount", "/amount is not a number from 0 to 50"],
    ["less than nothing", withArgs({ amount: -0.01 }), "out_of_bounds", "/amount", "/amount is not a number from 0 to 50"],
    ["a number as text", withArgs({ amount: "50" }), "out_of_bounds", "/amount", "/amount is not a number from 0 to 50"],
    ["numbers in a list", withArgs({ amount: [5] }), "out_of_bounds", "/amount", "/amount is not a number from 0 to 50"],
    ["a member more", withArgs({ urgent: true }), "new_member", "/urgent", "/urgent is there, and was not when it was given"],
    [
      "a member of every object",
      withArgs({ constructor: 1 }),
      "new_member",
      "/constructor",
      "/constructor is there, and was not when it was given",
    ],
  ])("nothing else: %s", (_, changes, ...why) => {
    expect(whyNot(changes)).toEqual([why]);
  });

  it("nothing of which a member is missing, and says each of several reasons", () => {
    const { memo: _, ...args } = { ...SHOWN.args, to: "Bob", bcc: "Eve" } as JsonObject;
    expect(whyNot({ args, tool: "pay" }).map(([reason, pointer]) => [reason, pointer])).toEqual([
      ["other_tool", null],
      ["new_member", "/bcc"],
      ["other_value", "/to"],
      ["missing_member", "/memo"],
    ]);
  });

  it("one of several texts", () => {
    const grant = { ...GRANT, free: [GRANT.free[0], { pointer: "/memo", bound: { one_of: ["Lunch", "Dinner"] } }] };
    expect(whyNot(withArgs({ memo: "Dinner" }), grant)).toEqual([]);
    const why = ["out_of_bounds", "/memo", '/memo is not one of "Lunch", "Dinner"'];
    for (const memo of ["dinner", "Dinner ", ["Dinner"], null]) expect(whyNot(withArgs({ memo }), grant)).toEqual([why]);
  });

  it("no member by another spelling of its pointer, nor one inside another", () => {
    for (const pointer of ["to", "/to/", "#/to", "/%74o", "/a~1b~0c", "/tags/0"]) {
      const grant = { ...GRANT, fixed: [{ pointer, value: "Ada" }, ...GRANT.fixed.slice(1)] };
      expect(whyNot({}, grant)).toContainEqual(["new_member", "/to", "/to is there, and was not when it was given"]);
    }
  });
});

const fault = (changes: object, shown: Partial<GrantedAction> = {}, allowed?: { for: number; uses: number }) => {
  const checked = checkGrantShown(asRead({ ...GRANT, ...changes }), { ...SHOWN, ...shown }, allowed);
  return checked.ok ? null : [checked.refusal.place, checked.refusal.message];
};
const freely = (pointer: string, bound: unknown) => ({
  free: [{ pointer, bound }, ...GRANT.free.filter((one) => one.pointer !== pointer)],
});
const NOT_THERE = "no member of what was shown that it has not spoken of before";

describe("a grant is given", () => {
  it("for what was shown, within what the rule lets be remembered", () => {
    expect(fault({})).toBe(null);
    expect(fault({}, {}, { for: 7 * 86_400, uses: 5 })).toBe(null);
    expect(fault(freely("/amount", { from: 20, to: 50 }))).toBe(null);
    expect(fault(freely("/amount", { from: 50, to: 50 }))).toBe(null);
    expect(fault(freely("/memo", { one_of: ["Dinner", "Lunch"] }))).toBe(null);
    expect(fault({ until: "2026-12-20T09:00:00.000Z", uses: 100 })).toBe(null);
    expect(fault(freely("/amount", { from: -3, to: -3 }), withArgs({ amount: -3 }))).toBe(null);
    expect(fault({ fixed: [], free: [] }, { args: {} })).toBe(null);
  });

  it.each<[string, object, Partial<GrantedAction>, string, string]>([
    ["another rule", { rule: "any" }, {}, "rule", "it is not that of what was shown"],
    ["another agent", { agent: "agt_other" }, {}, "agent", "it is not that of what was shown"],
    ["any server", { server: null }, {}, "server", "it is not that of what was shown"],
    ["another tool", { tool: "*" }, {}, "tool", "it is not that of what was shown"],
    ["any description", { schema_hash: null }, {}, "schema_hash", "it is not that of what was shown"],
    ["ever", { until: "2026-12-20T09:00:00.001Z" }, {}, "until", "a time to come, at most 2592000 seconds from now"],
    ["a time that is over", { until: "2026-11-20T09:00:00.000Z" }, {}, "until", "a time to come, at most 2592000 seconds from now"],
    ["a day that there is not", { until: "2026-11-31T09:00:00.000Z" }, {}, "until", "a time to come, at most 2592000 seconds from now"],
    [
      "another value",
      { fixed: [{ pointer: "/to", value: "Bob" }, ...GRANT.fixed.slice(1)] },
      {},
      "/to",
      "fixed to another value than was shown",
    ],
    ["a member that was not there", { fixed: [...GRANT.fixed, { pointer: "/cc", value: null }] }, {}, "/cc", NOT_THERE],
    ["a member twice", { free: [...GRANT.free, { pointer: "/to", bound: "any" }] }, {}, "/to", NOT_THERE],
    ["a member within one", { free: [...GRANT.free, { pointer: "/tags/0", bound: "any" }] }, {}, "/tags/0", NOT_THERE],
    ["not all members", { free: GRANT.free.slice(1) }, {}, "/amount", "it says nothing of this member"],
    ["more", freely("/amount", { from: 0, to: 51 }), {}, "/amount", "from 0 or more, and to 50, which was shown"],
    ["less than was shown", freely("/amount", { from: 0, to: 49 }), {}, "/amount", "from 0 or more, and to 50, which was shown"],
    ["less than nothing", freely("/amount", { from: -1, to: 50 }), {}, "/amount", "from 0 or more, and to 50, which was shown"],
    ["a span of nothing", freely("/amount", { from: 51, to: 50 }), {}, "/amount", "from 0 or more, and to 50, which was shown"],
    [
      "a debt of less",
      freely("/amount", { from: -3, to: 0 }),
      withArgs({ amount: -3 }),
      "/amount",
      "from -3 or more, and to -3, which was shown",
    ],
    ["a span of texts", freely("/memo", { from: 0, to: 1 }), {}, "/memo", "a span is for a number"],
    [
      "a list without what was shown",
      freely("/memo", { one_of: ["Dinner"] }),
      {},
      "/memo",
      "a list has to hold the text that was shown, and each text once",
    ],
    [
      "a list that names one twice",
      freely("/memo", { one_of: ["Lunch", "Lunch"] }),
      {},
      "/memo",
      "a list has to hold the text that was shown, and each text once",
    ],
    [
      "a list for a number",
      freely("/amount", { one_of: ["50"] }),
      {},
      "/amount",
      "a list has to hold the text that was shown, and each text once",
    ],
    ["more than fits", freely("/memo", { one_of: ["Lunch", "x".repeat(65_536)] }), {}, "grant", "a grant has at most 65536 bytes"],
  ])("never for %s", (_, changes, shown, ...why) => {
    expect(fault(changes, shown)).toEqual(why);
  });

  it("never for more than the rule lets be remembered", () => {
    expect(fault({}, {}, { for: 7 * 86_400 - 1, uses: 5 })).toEqual(["until", "a time to come, at most 604799 seconds from now"]);
    expect(fault({}, {}, { for: 7 * 86_400, uses: 4 })).toEqual(["uses", "from 1 to 4"]);
    expect(fault({ uses: 100 }, {}, { for: 7 * 86_400, uses: 1_000 })).toBe(null);
    expect(fault({ until: "2026-12-21T09:00:00.000Z" }, {}, { for: 40 * 86_400, uses: 5 })?.[0]).toBe("until");
    expect(fault({}, { atMs: Number.NaN })?.[0]).toBe("until");
  });
});

describe("the keys of a grant", () => {
  it("are stored, so they never change", () => {
    expect(grantKey(GRANT)).toEqual({
      place: "8d0f104635d6e2bfa01fcc9e36138a133e16c56707a14f7c6b3dffea78948945",
      members: '{"fixed":["/a~1b~0c","/tags","/to"],"free":["/amount","/memo"]}',
      values: "979c1357d8c27a6ba4c76d1b0a1683346477179064a2f91678329b57d85a84ed",
    });
  });

  it("are found from what it covers, whatever is in its free members and its order", () => {
    const { place, members, values } = grantKey({ ...GRANT, fixed: GRANT.fixed.toReversed() });
    expect(grantPlace(SHOWN)).toBe(place);
    expect(valuesUnder(members, { ...SHOWN.args, memo: null, amount: 1e9 })).toBe(values);
    expect(valuesUnder(members, { ...SHOWN.args, to: "Bob" })).not.toBe(values);
    expect(valuesUnder(members, { ...SHOWN.args, cc: null })).toBe(null);
    const { memo: _, ...fewer } = SHOWN.args;
    expect(valuesUnder(members, fewer)).toBe(null);
    expect(valuesUnder(members, { ...fewer, cc: null })).toBe(null);
  });

  it("are others of another agent, server, tool or pin", () => {
    const places = [{}, { agent: "agt_x" }, { server: null }, { tool: "x" }, { schemaHash: null }].map((one) =>
      grantPlace({ ...SHOWN, ...one }),
    );
    expect(new Set(places).size).toBe(5);
  });

  it("are read from nothing else", () => {
    expect(() => valuesUnder("{", {})).toThrow("not the members of a grant's key");
  });
});

describe("what a grant may be about", () => {
  const parts = (context: object) =>
    ({
      policy: { version: 1, rule: "payments", hash: "" },
      requested_by: { id: "agt_payer", name: "payer", owner: "usr_a" },
      context,
    }) as RequestV2;
  const call = { source: "call", server: { id: "srv_bank", name: "bank" }, tool: "transfer" };
  const payload = {
    server: "bank",
    url_origin: "https://bank.example",
    tool: "transfer",
    schema_hash: "5".repeat(64),
    arguments: { to: "Ada" },
  };

  const AT = SHOWN.atMs;

  it("is a call, by the server's id and the tool's pin", () => {
    const about = { rule: "payments", agent: "agt_payer", server: "srv_bank", tool: "transfer", atMs: AT };
    expect(actionOf(parts(call), payload, AT)).toEqual({ ...about, schemaHash: "5".repeat(64), args: { to: "Ada" } });
    expect(actionTermsOf(parts(call), AT)).toEqual(about);
  });

  it("is an ask that names a tool, by its payload", () => {
    const ask = { source: "ask", tool: "transfer" };
    const about = { rule: "payments", agent: "agt_payer", tool: "transfer", atMs: AT };
    expect(actionOf(parts(ask), payload, AT)).toEqual({ ...about, server: null, schemaHash: null, args: payload });
    expect(actionTermsOf(parts({ ...ask, server: { id: null, name: "bank" } }), AT)).toEqual({ ...about, server: "bank" });
  });

  it.each<[string, object, object]>([
    ["an ask that names no tool", { source: "ask" }, payload],
    ["a plan", { ...call, plan: true }, payload],
    ["a call of a server without an id", { ...call, server: { id: null, name: "bank" } }, payload],
    ["a call of no server", { source: "call", tool: "transfer" }, payload],
    ["a call without a pin", call, { ...payload, schema_hash: null }],
    ["a call without arguments", call, { ...payload, arguments: [] }],
  ])("is never %s", (_, context, given) => {
    expect(actionOf(parts(context), given as JsonObject, AT)).toBe(null);
  });
});
