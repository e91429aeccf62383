/** What people may remember, by what a policy says and by what is known. */
import { expect, it } from "vitest";
import { keyOf, type PastAnswers } from "#countersign/policy/judging/past/question.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { aCall, policyOf } from "#test/support/policies/policy-facts.ts";

const RULE = "{ name: scaling, match: { tool: deploy_service }, effect: require_approval, grants: { for: 7d, uses: 20 } }";
const USUAL: PastAnswers = { [keyOf({ ask: "hour" })]: false, [keyOf({ ask: "burst" })]: false, [keyOf({ ask: "first-tool" })]: false };
const grantsBy = (top: string, past: PastAnswers | null) => judge(policyOf(`${top}rules: [${RULE}]`), aCall({ past })).grants;
const ANOMALY = "anomaly: { threshold: 60 }\n";

it("what its rule lets them, where nobody asks what is unusual", () => {
  expect(grantsBy("", null)).toEqual({ for: 604_800, uses: 20 });
});

it("where that is asked, the same of what is usual, and nothing of what is not", () => {
  expect(grantsBy(ANOMALY, USUAL)).toEqual({ for: 604_800, uses: 20 });
  expect(grantsBy(ANOMALY, { ...USUAL, [keyOf({ ask: "hour" })]: true })).toBe(null);
});

it("and nothing where it is not known: nothing was asked, or by another version", () => {
  expect(grantsBy(ANOMALY, null)).toBe(null);
  expect(grantsBy(ANOMALY, Object.fromEntries(Object.keys(USUAL).map((key) => [key, null])))).toBe(null);
});
