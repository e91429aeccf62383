/** The engine where the service runs: its libraries in workerd, without Node, with the runtime's own zones and its own depth of calls. */
import { describe, expect, it } from "vitest";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { isZone, wallClock } from "#countersign/policy/conditions/zones.ts";
import { aCall, judged, saidOf } from "#test/support/policies/policy-facts.ts";

const RULES = `lists: { live: [production] }
rules:
  - { name: drops, match: { when: 'args.query.matches("(?i)\\\\bdrop\\\\s+table")' }, effect: deny, message: Never. }
  - { name: night, match: { when: 'now.hourIn("Europe/Berlin") < 6' }, effect: deny }
  - { name: live, match: { when: args.env in lists.live && args.replicas + 1 > 3 }, effect: require_approval, risk: high, approvals: [{ groups: [dba] }] }
  - { name: rest, effect: allow, risk: low, window: { from: "09:00", to: "17:00", zone: America/New_York } }
`;
const args = { query: "select 1", env: "production", replicas: 3 };
const at = (time: string, more = {}) => judged(RULES, aCall({ nowMs: Date.parse(time), args: { ...args, ...more } }));

describe("the policy engine in workerd", () => {
  it("judges as it does elsewhere", () => {
    expect(at("2026-11-24T15:00:00Z")).toMatchObject({
      rule: "live",
      effect: "require_approval",
      slots: [{ name: "dba", eligible: ["usr_bo"] }],
    });
    expect(at("2026-11-24T15:00:00Z", { query: "DROP  table x" })).toMatchObject({ rule: "drops", effect: "deny", message: "Never." });
    expect(at("2026-11-24T15:00:00Z", { query: 7 })).toMatchObject({ rule: "drops", effect: "deny", carried: ["drops"] });
    expect(at("2026-11-24T04:00:00Z")).toMatchObject({ rule: "night", effect: "deny" });
    expect(at("2026-11-24T15:00:00Z", { env: "staging" })).toMatchObject({ rule: "rest", effect: "allow" });
    expect(at("2026-11-24T13:00:00Z", { env: "staging" })).toMatchObject({ rule: "rest", effect: "deny", code: "outside_window" });
  });

  it("checks as it does elsewhere, with its places", () => {
    expect(saidOf("rules:\n  - { name: a, effct: deny }")).toEqual(["error 3:5 missing_key", "error 3:16 unknown_key"]);
    expect(saidOf("rules: [{ name: a, effect: deny, match: { when: args.a == } }]")).toEqual(["error 2:58 bad_condition"]);
  });

  it.each([500, 5_000, 100_000])("refuses lists in lists, %i deep, and goes on", (depth) => {
    const checked = checkPolicy(`type: countersign/policy@v1\nrules: ${"[".repeat(depth)}`);
    expect(checked.ok ? [] : [...new Set(checked.refusal.map(({ code }) => code))]).toEqual(depth === 500 ? ["not_yaml"] : ["too_deep"]);
  });

  it("a pattern that takes the runtime's own engine for ever does not", () => {
    const rules = `rules: [{ name: a, effect: deny, match: { when: 'args.text.matches("^(a+)+$")' } }, { name: b, effect: allow }]`;
    expect(judged(rules, aCall({ args: { text: `${"a".repeat(40_000)}!` } }))).toMatchObject({ rule: "b", carried: [] });
  });

  it("has the zones that the check takes, and their changes", () => {
    expect(["Europe/Berlin", "UTC", "Australia/Lord_Howe", "Europe/Nowhere", "EST5EDT"].map(isZone)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(wallClock("Europe/Berlin", Date.parse("2026-03-29T01:00:00Z"))).toEqual({ date: "2026-03-29", weekday: "sun", minutes: 180 });
    expect(wallClock("Europe/Berlin", Date.parse("2026-10-25T01:00:00Z"))).toEqual({ date: "2026-10-25", weekday: "sun", minutes: 120 });
  });
});
