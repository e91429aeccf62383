/** Rules put into a text: before the rule that is named, after all others, and as a comment where there is no place for them. */
import { expect, it } from "vitest";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";

const RULE = "# Why.\n- name: new\n  effect: allow";
const names = (text: string): string[] | null => {
  const read = readPolicyDocument(text);
  return read.ok ? (read.value.document.rules ?? []).map(({ name }) => name) : null;
};
const HEAD = "type: countersign/policy@v1\n";

it.each<[string, string, string | null, string[]]>([
  ["an empty text", "", null, ["new"]],
  ["a text without rules", `${HEAD}defaults: { effect: deny }\n`, "a", ["new"]],
  ["an empty list", `${HEAD}rules: []\ndefaults: { effect: deny }\n`, null, ["new"]],
  ["a name in block style", `${HEAD}rules:\n  - name: a\n    effect: deny\n  - name: b\n    effect: deny\n`, "b", ["a", "new", "b"]],
  ["a name in flow style", `${HEAD}rules:\n- { name: a, effect: deny }\n- { name: b, effect: deny }\n`, "b", ["a", "new", "b"]],
  [
    "a name that is quoted",
    `${HEAD}rules:\n  - "name": a\n    effect: deny\n  - name: "b" # so\n    effect: deny\n`,
    "b",
    ["a", "new", "b"],
  ],
  [
    "a name that does not stand first",
    `${HEAD}rules:\n  - effect: deny\n    name: a\n  - effect: deny\n    name: b\n`,
    "b",
    ["a", "new", "b"],
  ],
  ["a name that is in a match", `${HEAD}rules:\n  - name: a\n    match:\n      tool:\n        - b\n    effect: deny\n`, "b", ["a", "new"]],
  ["a name that is not there", `${HEAD}rules:\n  - name: a\n    effect: deny\n\n# End.\ndefaults: { effect: deny }\n`, "c", ["a", "new"]],
  ["the first rule", `${HEAD}rules:\n  # Of a.\n  - name: a\n    effect: deny\n`, "a", ["new", "a"]],
])("%s", (_, text, before, wanted) => {
  const placed = withRules(text, [RULE], before);
  expect(names(placed), placed).toEqual(wanted);
  for (const line of text.split("\n").filter((one) => one !== "" && one !== "rules: []")) expect(placed.split("\n")).toContain(line);
  expect(placed).toMatch(/# Why\.\n *- name: new/);
  if (text.includes("# Of a.")) expect(placed.indexOf("- name: new")).toBeLessThan(placed.indexOf("# Of a."));
});

it("keeps a text in which there is no place, with the rule as a comment", () => {
  for (const text of ['{"type":"countersign/policy@v1","rules":[]}', `${HEAD}rules: [{ name: a, effect: deny }]\n`]) {
    const placed = withRules(text, [RULE], "a");
    expect(names(placed)).toEqual(names(text));
    expect(placed).toContain("# - name: new");
  }
});
