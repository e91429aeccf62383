/** What docs/policies.md shows is so: its policies are good, its cases pass, its rules can be published, and it has every field. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { policySchema } from "#countersign/policy/document/policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";

const page = readFileSync(new URL("../../../docs/policies.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, block = ""]) => block);
const errorsOf = (text: string) => {
  const checked = checkPolicy(text);
  return (checked.ok ? checked.value.findings : checked.refusal).filter(({ level }) => level === "error");
};

describe("docs/policies.md", () => {
  it.each([
    [0, 6],
    [1, 5],
  ])("shows policy %i, and cases that it passes and that reach all of its rules", (index, count) => {
    const [policyText = "", casesText = ""] = blocks.filter((block) => block.includes("type: countersign/")).slice(2 * index);
    const [checked, cases] = [checkPolicy(policyText), readPolicyCases(casesText)];
    if (!checked.ok || !cases.ok) throw new Error(JSON.stringify([checked, cases]));
    expect(errorsOf(policyText)).toEqual([]);
    const { results, coverage } = runCases(compile(checked.value.document), cases.value);
    expect(results).toHaveLength(count);
    expect(results.flatMap(({ name, differences }) => differences.map((one) => ({ name, ...one })))).toEqual([]);
    expect(coverage.filter(({ cases: reached }) => reached === 0)).toEqual([]);
  });

  it("shows no policy without cases", () => {
    expect(blocks.map((block) => /type: countersign\/(\S+)/.exec(block)?.[1]).filter((type) => type !== undefined)).toEqual([
      "policy@v1",
      "policy-cases@v1",
      "policy@v1",
      "policy-cases@v1",
    ]);
  });

  it("shows rules that can be published", () => {
    const rules = blocks.filter((block) => block.startsWith("- name:"));
    expect(rules.length).toBeGreaterThanOrEqual(3);
    for (const rule of rules) {
      const indented = rule.replaceAll(/^(?=.)/gm, "  ");
      expect([rule, errorsOf(`type: countersign/policy@v1\nrules:\n${indented}`)]).toEqual([rule, []]);
    }
  });

  it("has every field of the document, and says which are in defaults", () => {
    interface Properties {
      properties: Record<string, unknown>;
    }
    const { properties } = policySchema() as unknown as { properties: { rules: { items: Properties }; defaults: Properties } };
    const rows = [...page.matchAll(/^\| (`[^|]+`) +\| (yes|) *\| /gm)].map(([, names = "", inDefaults = ""]) => ({
      names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
      inDefaults: inDefaults === "yes",
    }));
    expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(Object.keys(properties.rules.items.properties).toSorted());
    const shared = rows.flatMap(({ names, inDefaults }) => (inDefaults ? names : []));
    expect(shared.toSorted()).toEqual(Object.keys(properties.defaults.properties).toSorted());
    for (const name of Object.keys(policySchema()["properties"] as object)) expect(page).toContain(`\n| \`${name}\``);
  });
});
