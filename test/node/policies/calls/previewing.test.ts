/** What is called before people are asked: what a policy may say of it, and what comes of that. */
import { describe, expect, it } from "vitest";
import type { KnownTool } from "#countersign/policy/checking/check-arguments.ts";
import { compileMap, compilePick, jsonOf } from "#countersign/policy/conditions/expression.ts";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { workloadOf } from "#countersign/policy/judging/matching.ts";
import { aCall, judged, pointedAt, policyOf } from "#test/support/policies/policy-facts.ts";

const rule = (fields: string, name = "it") => `- { name: ${name}, ${fields} }`;
const policy = (...rules: string[]) => `rules:\n${rules.map((one) => `  ${one}\n`).join("")}`;
const PREVIEW = `preview: { tool: plan, args: '{"service": args.service, "dry_run": true}', pick: result.structuredContent.changes }`;

describe("a judgement", () => {
  const facts = aCall({ args: { service: "api" } });
  const ASKS = rule(`effect: require_approval, ${PREVIEW}`);

  it("says what is called, with which arguments, and what counts", () => {
    expect(judged(policy(ASKS), facts).preview).toEqual({
      rule: "it",
      tool: "plan",
      args: { service: "api", dry_run: true },
      pick: "result.structuredContent.changes",
    });
  });

  it("says that its arguments could not be told", () => {
    expect(judged(policy(ASKS), aCall()).preview).toEqual({
      rule: "it",
      tool: "plan",
      args: null,
      pick: "result.structuredContent.changes",
    });
  });

  it("calls nothing where nobody is asked", () => {
    expect(judged(policy(rule(`effect: allow, ${PREVIEW}`)), facts).preview).toBeNull();
    expect(judged(policy(rule(`effect: deny, ${PREVIEW}`)), facts).preview).toBeNull();
    expect(judged(policy(rule("effect: require_approval")), facts).preview).toBeNull();
    expect(judged(`mode: observe\n${policy(ASKS)}`, facts).preview).toBeNull();
  });

  it("calls what the rule says that decides, or any other that asks", () => {
    const carried = rule("effect: require_approval, match: { when: args.missing == 1 }, preview: { tool: other, args: args }", "carried");
    expect(judged(policy(carried, ASKS), facts).preview).toMatchObject({ rule: "it", tool: "plan" });
    expect(judged(policy(carried, rule("effect: require_approval")), facts).preview).toMatchObject({
      rule: "carried",
      tool: "other",
      pick: null,
    });
  });
});

describe("an expression", () => {
  const argsOf = (source: string, args: object) => {
    const compiled = compileMap(source, ["regions"]);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.refusal));
    const facts = aCall({ args: args as never });
    return compiled.value.value(workloadOf(policyOf('lists: { regions: ["eu", "us"] }\nrules: []'), facts));
  };

  it.each<[string, object, unknown]>([
    ["args", { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ['{"n": 1, "t": "x", "l": [1, "two"], "b": true, "z": null}', {}, { n: 1, t: "x", l: [1, "two"], b: true, z: null }],
    ['{"regions": lists.regions, "who": agent.name}', {}, { regions: ["eu", "us"], who: "deployer" }],
    ['{"ids": args.items.map(item, item.id)}', { items: [{ id: 1 }, { id: 2 }] }, { ids: [1, 2] }],
    ['{"n": size(args.items)}', { items: [1, 2] }, { n: 2 }],
    ["args.none", {}, undefined],
    ["args.text", { text: "x" }, undefined],
    ['{"at": now}', {}, undefined],
    ['{"n": 9007199254740993}', {}, undefined],
    ['{"b": b"x"}', {}, undefined],
    ['{"in": args.n / 0}', { n: 1.5 }, undefined],
    ['{"all": args.items.map(item, args.items.map(other, item))}', { items: Array.from({ length: 2_000 }, (_, n) => n) }, undefined],
  ])("%s", (source, args, expected) => {
    expect(argsOf(source, args)).toEqual(expected);
  });

  it.each(["args", "tool.name", "now", "history.count('a', '1h')", "lists.regions", "result.", "b'x'", "now", "result.matches(result.a)"])(
    "of an answer is not over %s",
    (source) => {
      expect(compilePick(source).ok).toBe(false);
    },
  );

  it.each<[string, unknown]>([
    ["result", { content: [{ type: "text", text: "12 rows" }], structuredContent: { rows: 12 } }],
    ["result.structuredContent.rows", 12],
    ["result.content[0].text", "12 rows"],
    ["size(result.content)", 1],
    ["result.structuredContent.rows > 10", true],
    ['result.content.exists(one, one.text.contains("row"))', true],
    ["result.content[1].text", undefined],
    ["result.structuredContent.none", undefined],
  ])("of an answer: %s", (source, expected) => {
    const compiled = compilePick(source);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.refusal));
    expect(compiled.value.value({ content: [{ type: "text", text: "12 rows" }], structuredContent: { rows: 12 } })).toEqual(expected);
  });

  it.each([[undefined], [Number.NaN], [Infinity], [2n ** 60n], [new Date(0)], [new Map()], [Symbol("x")], [[undefined]], [{ a: () => 1 }]])(
    "%o is no JSON",
    (value) => {
      expect(jsonOf(value)).toBeUndefined();
    },
  );
});

describe("publication", () => {
  const tool = (name: string, readOnlyHint: boolean, server = "cloud"): KnownTool => ({
    server,
    tool: name,
    inputSchema: { properties: { service: {} }, additionalProperties: false },
    hints: { readOnlyHint },
  });
  const TOOLS = [tool("deploy_service", false), tool("plan", true), tool("apply", false), tool("restart", false, "bare")];
  const said = (fields: string, tools?: KnownTool[]) => pointedAt(policy(rule(fields)), tools === undefined ? {} : { tools });

  it("takes a tool that only reads, on every server that the rule is about", () => {
    const fields = "effect: require_approval, match: { server: cloud, tool: deploy_service }, preview: { tool: plan, args: args }";
    expect(said(fields, TOOLS)).toEqual([]);
    expect(said(fields)).toEqual([]);
    expect(said("effect: require_approval, match: { tool: rollback }, preview: { tool: plan, args: args }", TOOLS)).toEqual([]);
  });

  it.each([
    [
      "one that may write",
      "match: { server: cloud, tool: deploy_service }, preview: { tool: apply, args: args }",
      ["error 3 not_read_only apply"],
    ],
    [
      "one that there is not",
      "match: { server: cloud, tool: deploy_service }, preview: { tool: pln, args: args }",
      ["error 3 unknown_tool pln"],
    ],
    ["one that is of one server only", "preview: { tool: plan, args: args }", ["error 3 unknown_tool plan"]],
    ["what is no name", "preview: { tool: args.name, args: args }, match: { tool: x }", []],
    ["no name of a tool", "preview: { tool: 'a b', args: args }, match: { tool: x }", ["error 3 bad_value 'a"]],
    ["arguments that are no map", "preview: { tool: plan, args: args.size() }, match: { tool: x }", ["error 3 bad_condition args.size()"]],
    [
      "a member that its tool has not",
      "match: { server: cloud, tool: deploy_service }, preview: { tool: plan, args: '{\"a\": args.servce}' }",
      ["error 3 unknown_argument args.servce"],
    ],
    [
      "what counts over something else",
      "preview: { tool: plan, args: args, pick: args.x }, match: { tool: x }",
      ["error 3 bad_condition args.x"],
    ],
  ])("says of %s", (_, fields, expected) => {
    expect(said(`effect: require_approval, ${fields}`, TOOLS)).toEqual(expected);
  });

  it.each([
    "effect: allow, risk: low, match: { source: call, tool: get_x }",
    "effect: deny",
    "effect: require_approval, match: { source: ask }",
  ])("refuses it where nobody is asked about calls: %s", (fields) => {
    expect(said(`${fields}, preview: { tool: plan, args: args }`)).toEqual(["error 3 preview_misplaced preview"]);
  });
});

it("cases can expect it", () => {
  const cases = readPolicyCases(`type: countersign/policy-cases@v1
people: [{ username: ada }]
given: { source: call, server: cloud, tool: deploy_service }
cases:
  - { name: shown, given: { args: { service: api } }, expect: { preview: plan } }
  - { name: not to be told, expect: { preview: failed } }
  - { name: wrong, given: { args: { service: api } }, expect: { preview: none } }
`);
  if (!cases.ok) throw new Error(JSON.stringify(cases.refusal));
  const { results } = runCases(policyOf(policy(rule(`effect: require_approval, ${PREVIEW}`))), cases.value);
  expect(results.map(({ differences }) => differences)).toEqual([[], [], [{ what: "preview", expected: "none", came: "plan" }]]);
});
