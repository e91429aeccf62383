/** Of every set of approvals: what is proposed takes what it comes from, and nothing beyond the bounds that it shows. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalize, type JsonObject, type JsonValue } from "#countersign/json/canonical-json.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import type { Bound, MemberBound } from "#rules/policies/proposals/bounds.ts";
import { type ApprovedRequest, type RuleFromApprovals, ruleFromApprovals } from "#rules/policies/proposals/rule-from-approvals.ts";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";
import { aCall } from "#test/support/policies/policy-facts.ts";

const SUBJECT = { source: "call", server: "bank", tool: "pay", action: null } as const;
const WHOSE = { agent: "Büro “bot”" };

const approval = (args: JsonObject, at: number): ApprovedRequest => ({
  id: `apr_${at}`,
  approvedAt: "2026-11-20T10:00:00.000Z",
  people: [`usr_${at % 2}`],
  risk: "medium",
  args,
});

/** Whether the rule, alone in a policy as it is written, lets it pass. */
function passes({ text }: Pick<RuleFromApprovals, "text">): (args: JsonObject, other?: Parameters<typeof aCall>[0]) => boolean {
  const checked = checkPolicy(withRules("", [text]));
  if (!checked.ok || checked.value.findings.some(({ level }) => level === "error")) throw new Error(`${text}\n${JSON.stringify(checked)}`);
  const policy = compile(checked.value.document);
  return (args, other = {}) =>
    judge(policy, aCall({ server: "bank", tool: "pay", agent: { name: WHOSE.agent }, args, ...other })).effect === "allow";
}

/** What the bounds say, reckoned without CEL. */
function isWithin(value: JsonValue, bound: Bound): boolean {
  switch (bound.kind) {
    case "fixed":
      return canonicalize(value) === canonicalize(bound.value);
    case "range":
      return typeof value === "number" && value >= bound.from && value <= bound.to;
    case "one_of":
      return bound.values.some((one) => one === value);
  }
}
const areWithin = (args: JsonObject, members: readonly MemberBound[]): boolean =>
  Object.keys(args).every((name) => members.some(({ member }) => member === name)) &&
  members.every(({ member, bound, isOptional }) => (Object.hasOwn(args, member) ? isWithin(args[member] ?? null, bound) : isOptional));

const NAMES = ["amount", "to", "note", "in", "a b", "", "toString", "x'y", 'q"\\', "ü", "\u200b", "0", "size"];
const TEXTS = ["", "a", "b", "'", '"', "\\", "1", "null", "\n", "\u2028", "\u{1f600}", "é", "#", ": x", "\u0000", "\u009f"];
const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, 2, -1, 1.5, 1e21, 1e-7, 9007199254740991),
  fc.constantFrom<JsonValue>(...TEXTS),
);
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom(...NAMES), scalar, { maxKeys: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.dictionary(fc.constantFrom(...NAMES), scalar, { maxKeys: 2 }), { maxLength: 2 }) },
);
const someArguments = fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 4 });

/** Some, each with few changes against the first, as like requests are. */
const like = fc
  .tuple(someArguments, fc.array(fc.tuple(fc.nat(3), fc.constantFrom(...NAMES), value), { minLength: 2, maxLength: 6 }))
  .map(([first, changes]) => [
    first,
    ...changes.map(([kind, name, other]): JsonObject => {
      if (kind === 0) return { ...first };
      if (kind === 1) return Object.fromEntries(Object.entries(first).filter(([member]) => member !== name));
      return { ...first, [name]: other };
    }),
  ]);

it("takes all that it comes from, and nothing that its bounds do not say", () => {
  let said = 0;
  fc.assert(
    fc.property(like, fc.array(fc.tuple(fc.constantFrom(...NAMES, "new"), value), { maxLength: 12 }), (all, changes) => {
      const proposed = ruleFromApprovals(
        WHOSE,
        SUBJECT,
        all.map((args, at) => approval(args, at)),
        3,
      );
      if (proposed === null) return;
      said += 1;
      const lets = passes(proposed);
      for (const { args } of proposed.approvals) expect(lets(args), canonicalize(args)).toBe(true);
      for (const { args } of proposed.approvals.slice(0, 2)) {
        for (const [name, other] of changes) {
          const { [name]: _, ...without } = args;
          for (const tried of [{ ...args, [name]: other }, without])
            expect(lets(tried), `${proposed.condition}\n${canonicalize(tried)}`).toBe(areWithin(tried, proposed.members));
        }
      }
    }),
    { numRuns: 400 },
  );
  expect(said).toBeGreaterThan(50);
});

it("takes nothing of another agent, server, tool or source", () => {
  const proposed = ruleFromApprovals(
    WHOSE,
    SUBJECT,
    [1, 2, 3].map((n) => approval({ amount: n }, n)),
    3,
  );
  if (proposed === null) throw new Error("nothing is proposed");
  const lets = passes(proposed);
  expect(lets({ amount: 2.5 })).toBe(true);
  for (const other of [{ server: "bank2" }, { tool: "pay2" }, { source: "ask", server: "bank" }, { agent: { name: "other" } }] as const)
    expect(lets({ amount: 2 }, other)).toBe(false);
});
