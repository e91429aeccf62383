/** Calls that hold others: as which call they are judged, and what is refused. */
import { describe, expect, it } from "vitest";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { runCases } from "#countersign/policy/cases/run-cases.ts";
import { couldHold } from "#countersign/policy/judging/possible/could-hold.ts";
import { keyOf } from "#countersign/policy/judging/past/question.ts";
import { questionsFor } from "#countersign/policy/judging/past/questions.ts";
import { possibleHandling } from "#countersign/policy/judging/possible/possible-handling.ts";
import { aCall, anAsk, judged, pointedAt, policyOf } from "#test/support/policies/policy-facts.ts";

const UNWRAP = "unwrap: { tool: args.name, args: args.arguments }";
const MUX = `- { name: mux, match: { source: call, server: mux, tool: call_tool }, effect: require_approval, risk: low, ${UNWRAP} }`;
const READS = "- { name: reads, match: { source: call, server: mux, tool: 'get_*' }, effect: allow, risk: low }";
const DELETES = `- { name: deletes, match: { source: call, tool: 'delete_*', when: 'args.repo == "main"' }, effect: deny, risk: critical }`;
/** Of these rules. */
const policy = (...rules: string[]) => `rules:\n${rules.map((rule) => `  ${rule}\n`).join("")}`;
const of = (name: unknown, args: unknown = {}, more = {}) =>
  aCall({ server: "mux", tool: "call_tool", args: { name, arguments: args } as never, ...more });

describe("a call that holds another one", () => {
  it.each([
    ["what is let pass", of("get_issue"), { effect: "allow", rule: "reads", unwrapped: { rule: "mux", tool: "get_issue", args: {} } }],
    [
      "what is refused, by its own arguments",
      of("delete_repo", { repo: "main" }),
      { effect: "deny", rule: "deletes", code: "policy_denied" },
    ],
    ["what no rule is about: by the rule that says what it holds", of("write_file"), { effect: "require_approval", rule: "mux" }],
    ["whose condition fails: carried, as of any call", of("delete_repo"), { effect: "deny", rule: "deletes", carried: ["deletes"] }],
  ])("is judged as %s", (_, facts, expected) => {
    expect(judged(policy(MUX, READS, DELETES), facts)).toMatchObject(expected);
  });

  it.each([
    ["no name", of(undefined)],
    ["a name that is no text", of(12)],
    ["an empty name", of("")],
    ["a name that is longer than any", of("x".repeat(129))],
    ["a name that is a sentence", of("get_issue and more")],
    ["a name that hides something", of("get_\u200bissue")],
    ["arguments that are no map", of("get_issue", "all")],
    ["a list of arguments", of("get_issue", [])],
    ["nothing at all", aCall({ server: "mux", tool: "call_tool", args: {} })],
  ])("is refused with %s", (_, facts) => {
    expect(judged(policy(MUX, READS), facts)).toMatchObject({
      effect: "deny",
      rule: "mux",
      code: "unwrap_failed",
      slots: [],
      unwrapped: null,
    });
  });

  it("is refused where the condition of the rule fails that says what it holds: nobody gets past that by a type", () => {
    const when = MUX.replace("tool: call_tool", "tool: call_tool, when: args.flags.size() < 3");
    expect(judged(policy(when, READS), of("get_issue"))).toMatchObject({ effect: "deny", code: "unwrap_failed" });
  });

  it("is itself where an earlier rule is about it", () => {
    const before = "- { name: before, match: { source: call, tool: call_tool, when: args.name == 'get_issue' }, effect: deny }";
    expect(judged(policy(before, MUX, READS), of("get_issue"))).toMatchObject({ effect: "deny", rule: "before", unwrapped: null });
    expect(judged(policy(before, MUX, READS), of("get_pull"))).toMatchObject({ effect: "allow", rule: "reads" });
  });

  it("is carried with what failed before it", () => {
    const before =
      "- { name: before, match: { source: call, tool: call_tool, when: args.missing == 1 }, effect: require_approval, risk: high }";
    expect(judged(policy(before, MUX, READS), of("get_issue"))).toMatchObject({
      effect: "require_approval",
      carried: ["before"],
      risk: { level: "high" },
    });
  });

  it.each([
    ["itself", "call_tool", { name: "delete_repo", arguments: { repo: "main" } }],
    ["another that calls others", "call_many", { name: "delete_repo", arguments: { repo: "main" } }],
    ["one that holds nothing that can be told", "call_tool", { name: "delete repo", arguments: {} }],
    ["one that holds nothing", "call_tool", {}],
  ])("holds one other, and no third: refused with %s, whatever the rules would say", (_, name, args) => {
    const [allow, many] = [MUX.replace("require_approval", "allow"), MUX.replace("call_tool", "call_many").replace("mux,", "many,")];
    expect(judged(policy(DELETES, allow, many), of(name, args))).toMatchObject({
      effect: "deny",
      code: "unwrap_failed",
      slots: [],
      unwrapped: { tool: name },
    });
  });

  it("that calls others under a condition may be held where that does not hold", () => {
    const some = MUX.replace("tool: call_tool", "tool: call_tool, when: has(args.name)").replace("require_approval", "allow");
    expect(judged(policy(some), of("call_tool"))).toMatchObject({ effect: "allow", rule: "mux", unwrapped: { tool: "call_tool" } });
  });

  it("has the risk, the hints and the limits of the other one", () => {
    const limits =
      "- { name: wipes, match: { source: call, server: mux, tool: wipe, hints: { destructiveHint: true } }, effect: allow, risk: high, limits: { per_minute: 1 } }";
    const hintsOf = (tool: string) => (tool === "wipe" ? { destructiveHint: true } : null);
    const came = judged(policy(MUX, limits), of("wipe", {}, { hintsOf, hints: {} }));
    expect(came).toMatchObject({ rule: "wipes", effect: "allow", limitedBy: "wipes", handling: { limits: { perMinute: 1 } } });
    expect(came.risk.reasons.join(" ")).toContain("destroy");
    // What nobody has accepted has no hints.
    expect(judged(policy(MUX, limits), of("wipe"))).toMatchObject({ rule: "mux" });
  });

  it("is only looked at by a rule that observes, and an ask holds none", () => {
    const observes = MUX.replace("effect:", "mode: observe, effect:");
    expect(judged(policy(observes, READS), of("get_issue"))).toMatchObject({
      rule: "default",
      unwrapped: null,
      observed: [{ rule: "mux" }],
    });
    const ask = anAsk({ server: "mux", tool: "call_tool", args: { name: "get_issue", arguments: {} } });
    expect(judged(policy(MUX.replace("source: call, ", ""), READS), ask)).toMatchObject({ rule: "mux", unwrapped: null });
  });
});

it("a rule that observes both calls is noted once, as it sees the one within", () => {
  const watches = "- { name: watches, mode: observe, match: { source: call, server: mux }, effect: deny }";
  const outer = "- { name: outer, mode: observe, match: { source: call, tool: call_tool }, effect: deny }";
  const { observed } = judged(policy(outer, watches, MUX, READS), of("get_issue", { to: "production" }));
  expect(observed.map(({ rule }) => rule)).toEqual(["outer", "watches"]);
  const within = "- { name: watches, mode: observe, match: { source: call, server: mux, when: args.id == 7 }, effect: deny }";
  expect(judged(policy(within, MUX, READS), of("get_issue", { id: 7 })).observed).toMatchObject([{ rule: "watches", failed: false }]);
});

describe("what follows from it before it is judged", () => {
  it("a tool that calls others may have to wait", () => {
    const call = { server: "mux", tool: "call_tool", hints: null, agent: { name: "a", groups: [] } };
    const allow = MUX.replace("require_approval", "allow");
    expect(couldHold(policyOf(`defaults: { effect: deny }\n${policy(allow)}`), call)).toBe(true);
    expect(couldHold(policyOf(`defaults: { effect: deny }\n${policy(allow)}`), { ...call, tool: "other" })).toBe(false);
  });

  it("the past is asked what rules about the other one ask", () => {
    const few = `- { name: few, match: { source: call, tool: write_file, when: 'history.count("write_*", "1h") < 3' }, effect: allow }`;
    const asked = questionsFor(policyOf(policy(MUX, few)), of("write_file"));
    expect(asked.map(keyOf)).toHaveLength(1);
    expect(questionsFor(policyOf(policy(MUX, few)), of("get_issue"))).toEqual([]);
  });

  it("what may be kept of it is the least of both", () => {
    const quiet = "- { name: quiet, match: { source: call, tool: get_secret }, effect: allow, keep: none }";
    expect(possibleHandling(policyOf(policy(MUX, quiet)), of("get_secret")).keep.what).toBe("none");
    expect(possibleHandling(policyOf(policy(MUX, quiet)), of("get_issue")).keep.what).toBe("masked");
  });
});

describe("publication", () => {
  const rule = (fields: string) => `rules:\n  - { name: it, ${fields} }`;
  it.each([
    [
      "a name that is reckoned to be a number",
      "effect: allow, match: { source: call, tool: x }, unwrap: { tool: 1 + 1, args: args }",
      "error 3 bad_condition 1",
    ],
    ["what is no expression", 'effect: allow, match: { source: call, tool: x }, unwrap: { tool: "args.", args: args }', "bad_condition"],
    [
      "arguments that are no map",
      'effect: allow, match: { source: call, tool: x }, unwrap: { tool: "args.t", args: "size(args)" }',
      "bad_condition",
    ],
    [
      "what the agent did before",
      `effect: allow, match: { source: call, tool: x }, unwrap: { tool: "history.count('a', '1h') > 1 ? 'b' : 'c'", args: args }`,
      "bad_condition",
    ],
    [
      "a rule that takes no calls",
      "effect: require_approval, match: { source: ask, tool: x }, unwrap: { tool: args.t, args: args }",
      "unwrap_misplaced unwrap",
    ],
    ["a rule about every tool", "effect: require_approval, unwrap: { tool: args.t, args: args }", "unwrap_misplaced unwrap"],
    ["a rule that refuses", "effect: deny, match: { tool: x }, unwrap: { tool: args.t, args: args }", "unwrap_misplaced unwrap"],
  ])("refuses %s", (_, fields, said) => {
    expect(pointedAt(rule(fields)).join("\n")).toContain(said);
  });

  it("knows the members of what the tool takes", () => {
    const tool = {
      server: "mux",
      tool: "call_tool",
      inputSchema: { properties: { name: {}, arguments: {} }, additionalProperties: false },
      hints: null,
    };
    const text = rule(
      `effect: require_approval, match: { server: mux, tool: call_tool }, unwrap: { tool: args.nmae, args: args.arguments }`,
    );
    expect(pointedAt(text, { tools: [tool] })).toEqual(["error 3 unknown_argument args.nmae"]);
    expect(pointedAt(text.replace("nmae", "name"), { tools: [tool] })).toEqual([]);
  });
});

it("cases can expect it", () => {
  const cases = readPolicyCases(`type: countersign/policy-cases@v1
given: { source: call, server: mux, tool: call_tool }
cases:
  - { name: reading passes, given: { args: { name: get_issue, arguments: {} } }, expect: { unwrapped: get_issue, effect: allow } }
  - { name: nothing is refused, given: { args: {} }, expect: { unwrapped: none, code: unwrap_failed } }
`);
  if (!cases.ok) throw new Error(JSON.stringify(cases.refusal));
  const { results } = runCases(policyOf(policy(MUX, READS)), cases.value);
  expect(results.map(({ differences }) => differences)).toEqual([[], []]);
});
