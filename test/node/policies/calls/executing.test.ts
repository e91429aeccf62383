/** When an approved call is sent: what a policy may say of it, and what comes of that. */
import { describe, expect, it } from "vitest";
import type { KnownTool } from "#countersign/policy/checking/check-arguments.ts";
import { type Execution, isSentOnApproval, laterExecution } from "#countersign/policy/judging/calls/execution.ts";
import type { ToolHints } from "#countersign/policy/judging/facts.ts";
import { keyOf } from "#countersign/policy/judging/past/question.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { aCall, judged, pointedAt, policyOf } from "#test/support/policies/policy-facts.ts";

const rule = (fields: string): string => `rules:\n  - { name: it, ${fields} }`;
const tool = (name: string, hints: ToolHints | null): KnownTool => ({ server: "cloud", tool: name, inputSchema: {}, hints });
const TOOLS = [
  tool("deploy_service", { idempotentHint: true }),
  tool("get_service", { readOnlyHint: true }),
  tool("send_mail", {}),
  tool("pay", null),
  tool("pay_twice", { idempotentHint: false }),
];

describe("publication", () => {
  it.each([
    ["one that is", "match: { tool: deploy_service }", []],
    ["one that only reads", "match: { tool: get_service }", []],
    ["several that all are", 'match: { tool: ["deploy_*", "get_*"] }', []],
    ["what nobody has accepted yet", "match: { tool: restart }", []],
    ["one that does not say so", "match: { tool: send_mail }", ["error 3 not_idempotent on_approval"]],
    ["one that says nothing of itself", "match: { tool: pay }", ["error 3 not_idempotent on_approval"]],
    ["one that says it is not, among others", 'match: { tool: ["deploy_*", "pay_*"] }', ["error 3 not_idempotent on_approval"]],
    ["every tool there is", "risk: low", ["error 3 not_idempotent on_approval"]],
    ["those of which it asks that they are", 'match: { server: "*", hints: { idempotentHint: true } }', []],
    ["one that is not, where nobody need attend", "match: { tool: send_mail }, unattended: true", []],
    ["one that is not, where somebody has to", "match: { tool: send_mail }, unattended: false", ["error 3 not_idempotent on_approval"]],
  ])("of a rule about %s", (_, fields, said) => {
    expect(pointedAt(rule(`effect: require_approval, execute: on_approval, ${fields}`), { tools: TOOLS })).toEqual(said);
  });

  it("says how many tools it is about, and works without any", () => {
    const text = rule("effect: require_approval, execute: on_approval");
    expect(pointedAt(text, { tools: [] })).toEqual([]);
    expect(pointedAt(text)).toEqual([]);
  });

  it.each([
    ["effect: deny, execute: on_approval", "execute_misplaced execute"],
    ["effect: allow, risk: low, match: { source: call, tool: get_service }, execute: on_approval", "execute_misplaced execute"],
    ["effect: require_approval, match: { source: ask }, execute: on_approval", "execute_misplaced execute"],
    ["effect: require_approval, match: { action: Deploy }, execute: on_approval", "execute_misplaced execute"],
    ["effect: require_approval, unattended: true", "execute_misplaced unattended"],
    ["effect: require_approval, execute: on_collect, unattended: true", "execute_misplaced unattended"],
  ])("refuses %s", (fields, said) => {
    expect(pointedAt(rule(fields))).toEqual([`error 3 ${said}`]);
  });

  it("takes it from a rule that asks outside of its window only", () => {
    const window = "window: { zone: UTC, outside: [{ groups: [oncall] }] }";
    expect(pointedAt(rule(`effect: allow, match: { source: call, tool: get_x }, ${window}, execute: on_approval`))).toEqual([]);
  });
});

describe("a judgement", () => {
  const says = (fields: string) => judged(rule(fields), aCall()).execute;

  it.each([
    ["effect: require_approval", "on_collect"],
    ["effect: require_approval, execute: on_collect", "on_collect"],
    ["effect: require_approval, execute: on_approval", "on_approval"],
    ["effect: require_approval, execute: on_approval, unattended: true", "unattended"],
    ["effect: allow, execute: on_approval", "on_collect"],
    ["effect: deny, execute: on_approval", "on_collect"],
  ])("%s: %s", (fields, execute) => {
    expect(says(fields)).toBe(execute);
  });

  it("is that of the latest of all rules that ask", () => {
    const carried = "- { name: carried, match: { when: args.missing == 1 }, effect: require_approval }";
    const matched = "- { name: it, effect: require_approval, execute: on_approval, unattended: true }";
    expect(judged(`rules:\n  ${carried}\n  ${matched}`, aCall()).execute).toBe("on_collect");
  });

  it("waits for the agent where something is unusual, and where the policy only observes", () => {
    const RULE_ITSELF = "- { name: it, effect: require_approval, execute: on_approval }";
    const past = { [keyOf({ ask: "hour" })]: true, [keyOf({ ask: "burst" })]: false, [keyOf({ ask: "first-tool" })]: false };
    expect(judged(`anomaly: { threshold: 60 }\nrules:\n  ${RULE_ITSELF}`, aCall({ past })).execute).toBe("on_collect");
    expect(judged(`mode: observe\nrules:\n  ${RULE_ITSELF}`, aCall()).execute).toBe("on_collect");
  });

  const ALL: Execution[] = ["on_collect", "on_approval", "unattended"];
  it("of two is the later, in either order", () => {
    const pairs = ALL.flatMap((one, n) => ALL.map((other, m) => [laterExecution(one, other), ALL[Math.min(n, m)]]));
    for (const [came, expected] of pairs) expect(came).toBe(expected);
  });

  it.each<[Execution, ToolHints | null, boolean]>([
    ["on_collect", { idempotentHint: true }, false],
    ["on_approval", { idempotentHint: true }, true],
    ["on_approval", { readOnlyHint: true }, true],
    ["on_approval", { idempotentHint: false }, false],
    ["on_approval", {}, false],
    ["on_approval", null, false],
    ["unattended", {}, true],
    ["unattended", null, true],
  ])("%s of a tool with the hints %o: sent at once %s", (execute, hints, isSent) => {
    expect(isSentOnApproval(execute, hints)).toBe(isSent);
  });
});

it("cases can expect it", () => {
  const policy = policyOf(rule("effect: require_approval, execute: on_approval"));
  const cases = readPolicyCases(`type: countersign/policy-cases@v1
people: [{ username: ada }]
given: { source: call, server: cloud, tool: deploy_service }
cases:
  - { name: at once, given: { hints: { idempotentHint: true } }, expect: { execute: on_approval } }
  - { name: by its agent, expect: { execute: on_collect } }
  - { name: wrong, expect: { execute: on_approval } }
`);
  if (!cases.ok) throw new Error(JSON.stringify(cases.refusal));
  expect(runCases(policy, cases.value).results.map(({ differences }) => differences)).toEqual([
    [],
    [],
    [{ what: "execute", expected: "on_approval", came: "on_collect" }],
  ]);
});
