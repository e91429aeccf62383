/** What holds of every policy and every action, tried on thousands of made ones. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PolicyDocument, policyField, type PolicyRule } from "#countersign/policy/document/policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge, type PolicyJudgement } from "#countersign/policy/judging/judge.ts";
import { args, documents, FAILING, rule } from "#test/support/policies/made-policies.ts";
import { aCall, anAsk } from "#test/support/policies/policy-facts.ts";

const RUNS = { numRuns: 3_000 };

const facts: fc.Arbitrary<PolicyFacts> = fc
  .record({ isAsk: fc.boolean(), tool: fc.constantFrom("deploy_service", "get_status", "x"), args })
  .map(({ isAsk, ...given }) => (isAsk ? anAsk(given) : aCall(given)));

const STRICT = { allow: 0, require_approval: 1, deny: 2 };
const LEVELS = ["low", "medium", "high", "critical"];
const seats = ({ slots: all }: PolicyJudgement) => all.reduce((sum, { required }) => sum + required, 0);

const KEPT = ["none", "hash", "masked", "full"];
const isMore = (one: number | null | undefined, other: number | null | undefined) =>
  (one ?? Number.POSITIVE_INFINITY) > (other ?? Number.POSITIVE_INFINITY);

function looserHandling({ handling: one }: PolicyJudgement, { handling: other }: PolicyJudgement): string[] {
  const scans = [null, "warn", "block"];
  return [
    (["perMinute", "perDay", "creditsPerDay"] as const).some((name) => isMore(one.limits?.[name], other.limits?.[name]))
      ? "more calls"
      : "",
    isMore(one.seconds, other.seconds) ? "more time" : "",
    scans.indexOf(one.scan) < scans.indexOf(other.scan) ? "less scanned" : "",
    other.mask.some((mask) => !one.mask.some((mine) => JSON.stringify(mine) === JSON.stringify(mask))) ? "less masked" : "",
    KEPT.indexOf(one.keep.what) > KEPT.indexOf(other.keep.what) || isMore(one.keep.days, other.keep.days) ? "more kept" : "",
  ].filter((said) => said !== "");
}

/** What is looser in `one` than in `other`; nothing if it is at least as strict. */
function looser(one: PolicyJudgement, other: PolicyJudgement): string[] {
  const handled = looserHandling(one, other);
  if (handled.length > 0) return handled;
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
