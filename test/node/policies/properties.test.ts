/** What holds of every policy and every action, tried on thousands of made ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { type PolicyDocument, policyField, type PolicyRule } from "#countersign/policy/document/policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { aCall, anAsk } from "#test/support/policies/policy-facts.ts";

const RUNS = { numRuns: 3_000 };
const FAILING = "args.never.there == 1";

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
const rule: fc.Arbitrary<Omit<PolicyRule, "name">> = fc.record(
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
        when: conditions,
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["effect"] },
);
const rules = fc.array(rule, { maxLength: 6 }).map((all) => all.map((one, index): PolicyRule => ({ ...one, name: `rule-${index}` })));
const documents: fc.Arbitrary<PolicyDocument> = fc.record(
  {
    type: fc.constant("countersign/policy@v1" as const),
    rules,
    defaults: fc.record({ effect: fc.constantFrom("allow", "require_approval", "deny"), approvals: slots }, { requiredKeys: [] }),
  },
  { requiredKeys: ["type", "rules"] },
);

const args: fc.Arbitrary<JsonObject> = fc.record(
  {
    env: fc.constantFrom("prod", "staging", 1, null),
    amount: fc.constantFrom(5, 50, "50"),
    tags: fc.constantFrom(["x"], [], "x"),
  },
  { requiredKeys: [] },
);
const facts: fc.Arbitrary<PolicyFacts> = fc
  .record({ isAsk: fc.boolean(), tool: fc.constantFrom("deploy_service", "get_status", "x"), args })
  .map(({ isAsk, ...given }) => (isAsk ? anAsk(given) : aCall(given)));

const STRICT = { allow: 0, require_approval: 1, deny: 2 };
const LEVELS = ["low", "medium", "high", "critical"];
const seats = ({ slots: all }: PolicyJudgement) => all.reduce((sum, { required }) => sum + required, 0);

/** What is looser in `one` than in `other`; nothing if it is at least as strict. */
function looser(one: PolicyJudgement, other: PolicyJudgement): string[] {
  if (STRICT[one.effect] !== STRICT[other.effect])
    return STRICT[one.effect] > STRICT[other.effect] ? [] : [`${one.effect}, not ${other.effect}`];
  if (one.effect !== "require_approval") return [];
  return [
    seats(one) < seats(other) ? "fewer people" : "",
    LEVELS.indexOf(one.risk.level) < LEVELS.indexOf(other.risk.level) ? "less risk" : "",
    one.separation || !other.separation ? "" : "no separation",
    one.denials > other.denials ? "more denials" : "",
    one.expiresIn > other.expiresIn || one.useWithin > other.useWithin ? "longer" : "",
  ].filter((said) => said !== "");
}

const withRules = (document: PolicyDocument, all: readonly PolicyRule[]): PolicyDocument => ({ ...document, rules: [...all] });
const judgeBy = (document: PolicyDocument, given: PolicyFacts) => judge(compile(document), given);

describe("whatever the policy and the action", () => {
  it("what is made here are policies", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(policyField.read(document as never, [], [])).toEqual(document);
      }),
      { numRuns: 200 },
    );
  });

  it("the same facts give the same judgement", () => {
    fc.assert(
      fc.property(documents, facts, (document, given) => {
        expect(judgeBy(document, given)).toEqual(judgeBy(document, given));
      }),
      { numRuns: 500 },
    );
  });

  it("a rule behind the one that matches changes nothing", () => {
    let matched = 0;
    fc.assert(
      fc.property(documents, rule, facts, (document, added, given) => {
        const all = [...(document.rules ?? []), { name: "last", effect: "require_approval" } as PolicyRule];
        const before = judgeBy(withRules(document, all), given);
        expect(judgeBy(withRules(document, [...all, { ...added, name: "added" }]), given)).toEqual(before);
        if (before.rule !== "last") matched += 1;
      }),
      RUNS,
    );
    expect(matched).toBeGreaterThan(500);
  });

  it("a rule whose condition fails never lets anything pass, and never loosens what holds without it", () => {
    let counted = 0;
    fc.assert(
      fc.property(documents, fc.nat(), facts, (document, at, given) => {
        const all = document.rules ?? [];
        const broken = all[at % Math.max(1, all.length)];
        if (broken === undefined) return;
        const failing = all.map((one) => (one === broken ? { ...one, match: { ...one.match, when: FAILING } } : one));
        const with_ = judgeBy(withRules(document, failing), given);
        const without = judgeBy(
          withRules(
            document,
            all.filter((one) => one !== broken),
          ),
          given,
        );
        expect(looser(with_, without)).toEqual([]);
        if (broken.effect === "allow" && broken.mode !== "observe") expect(with_).toEqual(without);
        expect(with_.rule === broken.name && with_.effect === "allow").toBe(false);
        if (with_.carried.includes(broken.name)) {
          counted += 1;
          expect(STRICT[with_.effect]).toBeGreaterThanOrEqual(STRICT[broken.effect]);
        }
      }),
      RUNS,
    );
    expect(counted).toBeGreaterThan(100);
  });

  it("a rule that only observes changes nothing but what is noted", () => {
    fc.assert(
      fc.property(documents, rule, fc.nat(), facts, (document, added, at, given) => {
        const all = document.rules ?? [];
        const place = at % (all.length + 1);
        const more = [...all.slice(0, place), { ...added, name: "trial", mode: "observe" as const }, ...all.slice(place)];
        const { observed: _, ...before } = judgeBy(document, given);
        const { observed: __, ...after } = judgeBy(withRules(document, more), given);
        expect(after).toEqual(before);
      }),
      RUNS,
    );
  });

  it("what an agent names can only narrow who approves, and never lets more pass", () => {
    const asked = fc.record({
      users: fc.option(fc.subarray(["ada", "bo", "cleo", "dan", "zoe"])),
      groups: fc.option(fc.subarray(["release", "dba", "oncall", "none"])),
      required: fc.integer({ min: 1, max: 3 }),
    });
    let narrowed = 0;
    fc.assert(
      fc.property(documents, facts, asked, (document, given, wanted) => {
        const plain = judgeBy(document, given);
        const named = judgeBy(document, { ...given, asked: { ...given.asked, ...wanted } });
        expect(STRICT[named.effect]).toBeGreaterThanOrEqual(STRICT[plain.effect]);
        expect(named.rule).toBe(plain.rule);
        if (plain.effect !== "require_approval" || named.effect !== "require_approval") return;
        expect(named.slots).toHaveLength(plain.slots.length);
        named.slots.forEach((slot, index) => {
          const other = plain.slots[index];
          expect(slot.required).toBeGreaterThanOrEqual(other?.required ?? 0);
          const everybody = (one: typeof other) => [
            ...(one?.eligible ?? []),
            ...(one?.escalations.flatMap(({ eligible }) => eligible) ?? []),
          ];
          expect(other?.eligible).toEqual(expect.arrayContaining(slot.eligible));
          expect(everybody(other)).toEqual(expect.arrayContaining(everybody(slot)));
          if (slot.eligible.length < (other?.eligible.length ?? 0)) narrowed += 1;
        });
      }),
      RUNS,
    );
    expect(narrowed).toBeGreaterThan(50);
  });
});
