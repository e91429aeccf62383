/** Policies and arguments of every shape that judging looks at, made at random. */
import fc from "fast-check";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { PolicyDocument, PolicyRule } from "#countersign/policy/document/policy-document.ts";

/** A condition that fails on everything. */
export const FAILING = "args.never.there == 1";

const conditions = fc.constantFrom("true", "false", FAILING, 'args.env == "prod"', "args.amount > 10", 'args.tags.exists(t, t == "x")');
const slots = fc.array(
  fc.record(
    {
      users: fc.subarray(["ada", "bo", "cleo", "dan"], { minLength: 1 }),
      groups: fc.subarray(["release", "dba", "oncall"], { minLength: 1 }),
      required: fc.integer({ min: 1, max: 2 }),
      when: conditions,
    },
    { requiredKeys: [] },
  ),
  { minLength: 1, maxLength: 2 },
);
export const rule: fc.Arbitrary<Omit<PolicyRule, "name">> = fc.record(
  {
    effect: fc.constantFrom("allow", "require_approval", "deny"),
    mode: fc.constantFrom("enforce", "enforce", "enforce", "observe"),
    risk: fc.constantFrom("low", "medium", "high", "critical"),
    separation: fc.boolean(),
    denials: fc.integer({ min: 1, max: 3 }),
    approvals: slots,
    expires_in: fc.constantFrom("1m", "10m", "1h"),
    use_within: fc.constantFrom("1m", "10m", "1h"),
    expires_in_max: fc.constantFrom("2h", "1d"),
    escalate: fc.constantFrom([{ after: "30s", groups: ["oncall"] }], [{ after: "5m", users: ["dan"] }]),
    window: fc.constantFrom(
      { zone: "UTC", days: ["tue"] },
      { zone: "UTC", days: ["wed"] },
      { zone: "UTC", days: ["wed"], outside: [{ groups: ["oncall"] }] },
    ),
    match: fc.record(
      {
        source: fc.constantFrom("ask" as const, "call" as const),
        tool: fc.constantFrom("deploy_*", "*", "get_*", ["deploy_service", "x"]),
        agent: fc.constantFrom("deployer", "other*"),
        hints: fc.constantFrom({ readOnlyHint: true }, { destructiveHint: true }),
        when: conditions,
      },
      { requiredKeys: [] },
    ),
    limits: fc.record(
      {
        per_minute: fc.integer({ min: 1, max: 9 }),
        per_day: fc.integer({ min: 1, max: 9 }),
        credits_per_day: fc.integer({ min: 1, max: 9 }),
        seconds: fc.integer({ min: 1, max: 9 }),
      },
      { requiredKeys: [] },
    ),
    scan: fc.constantFrom({ secrets: "block" as const }, { secrets: "warn" as const }),
    mask: fc.constantFrom([{ key: "a" }], [{ detector: "email" as const }]),
    keep: fc.constantFrom("full" as const, "hash" as const, { what: "masked" as const, days: 3 }),
  },
  { requiredKeys: ["effect"] },
);
const rules = fc.array(rule, { maxLength: 6 }).map((all) => all.map((one, index): PolicyRule => ({ ...one, name: `rule-${index}` })));
export const documents: fc.Arbitrary<PolicyDocument> = fc.record(
  {
    type: fc.constant("countersign/policy@v1" as const),
    rules,
    defaults: fc.record({ effect: fc.constantFrom("allow", "require_approval", "deny"), approvals: slots }, { requiredKeys: [] }),
  },
  { requiredKeys: ["type", "rules"] },
);

export const args: fc.Arbitrary<JsonObject> = fc.record(
  {
    env: fc.constantFrom("prod", "staging", 1, null),
    amount: fc.constantFrom(5, 50, "50"),
    tags: fc.constantFrom(["x"], [], "x"),
  },
  { requiredKeys: [] },
);
