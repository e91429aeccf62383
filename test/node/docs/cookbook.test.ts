/** docs/cookbook.md: each policy can be published, each of its cases holds, and each of its rules is reached by one. */
import { describe, expect, it } from "vitest";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import { blocksOf, readDocument } from "#test/support/docs/blocks.ts";

const recipes = readDocument("cookbook")
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ name: section.split("\n", 1)[0] ?? "", blocks: blocksOf(section) }));

it("has recipes", () => {
  expect(recipes.length).toBeGreaterThanOrEqual(9);
});

describe.each(recipes)("$name", ({ blocks }) => {
  it("is a policy and its cases, nothing else", () => {
    expect(blocks.map(({ kind }) => kind)).toEqual(["yaml policy", "yaml cases"]);
  });

  it("does what its cases say", () => {
    const [policyText = "", casesText = ""] = blocks.map(({ text }) => text);
    const [checked, cases] = [checkPolicy(policyText), readPolicyCases(casesText)];
    if (!checked.ok || !cases.ok) throw new Error(JSON.stringify([checked, cases]));
    expect(checked.value.findings.filter(({ level }) => level === "error")).toEqual([]);
    const { results, coverage } = runCases(compile(checked.value.document), cases.value);
    expect(results.flatMap(({ name, differences }) => differences.map((one) => ({ name, ...one })))).toEqual([]);
    expect(coverage.filter(({ cases: reached, rule }) => reached === 0 && rule !== "default" && !rule.startsWith("trial-"))).toEqual([]);
  });
});
