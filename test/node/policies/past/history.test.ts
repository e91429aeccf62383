/** What conditions ask of the past: what holds, what fails, what is refused when it is checked. */
import { describe, expect, it, test } from "vitest";
import { compileCondition } from "#countersign/policy/conditions/condition.ts";
import { PastFacts, STEPS_A_JUDGEMENT } from "#countersign/policy/conditions/workload.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { keyOf } from "#countersign/policy/judging/past/question.ts";
import { questionsFor } from "#countersign/policy/judging/past/questions.ts";
import { aPast, aPastCall, answersFor, DAY_MS, HOUR_MS, judgedAfter, MINUTE_MS, NOW_MS } from "#test/support/policies/made-past.ts";
import { aCall, anAsk, policyOf } from "#test/support/policies/policy-facts.ts";

const refusalOf = (source: string) => {
  const condition = compileCondition(source, ["tables"]);
  if (condition.ok) return null;
  return condition.refusal.map(({ code, offset, hint }) => `${offset} ${code}${hint === null ? "" : ` (${hint})`}`).join("; ");
};

/** Whether a rule that allows matches, whose condition is this. */
const passes = (when: string, past: Parameters<typeof judgedAfter>[2], facts = aCall({ tool: "send_money", args: { amount: 5 } })) =>
  judgedAfter(policyOf(`rules: [{ name: it, match: { when: ${JSON.stringify(when)} }, effect: allow }]`), facts, past).rule === "it";

describe("a condition on the past", () => {
  const past = aPast([
    aPastCall("send_money", 2 * DAY_MS, { amount: 1_000 }),
    aPastCall("send_money", 3 * HOUR_MS, { amount: 20 }),
    aPastCall("send_mail", 2 * HOUR_MS, { to: "ada", transfer: { amount: 2.5 } }),
    aPastCall("read_file", 5 * MINUTE_MS, { path: "/home/a/.ssh/id_rsa", tags: ["x", "y"] }),
    aPastCall("send_money", 1, { amount: 12.5 }),
  ]);

  it.each([
    'history.count("send_money", "24h") == 2',
    'history.count("send_*", "24h") == 3',
    'history.count("*", "30d") == 5',
    'history.count("sen?_money", duration("24h")) < 3',
    'history.count("send_money", "180m") == 1',
    'history.count("nothing", "24h") == 0',
    'history.sum("send_money", "amount", "24h") == 32.5',
    'history.sum("send_money", "args.amount", "24h") + args.amount < 50',
    'history.sum("send_money", "amount", "24h") + args.amount > 37',
    'history.sum("send_mail", "transfer.amount", "24h") == 2.5',
    'history.sum("nothing", "amount", "24h") == 0.0',
    'history.any("read_*", "args.path.contains(\'.ssh\')", "10m")',
    'history.any("read_*", "\'y\' in args.tags && size(args.tags) == 2", "10m")',
    '!history.any("read_*", "args.path.contains(\'.aws\')", "10m")',
    '!history.any("read_*", "args.path.contains(\'.ssh\')", "4m")',
    'args.amount > 100 || history.count("send_money", "24h") < 10',
    '[1, 2].exists(n, history.count("send_money", "24h") == n)',
    'history.count("send_money", "24h") > 1 ? history.any("read_*", "true", "1h") : false',
  ])("holds: %s", (when) => {
    expect(passes(when, past)).toBe(true);
  });

  it.each([
    'history.count("send_money", "24h") == 3',
    'history.sum("send_*", "amount", "24h") < 1000.0',
    'history.sum("send_*", "amount", "24h") >= 1000.0',
    '!history.any("send_*", "args.to == \'zoe\'", "24h")',
  ])("does not hold, or fails: %s", (when) => {
    expect(passes(when, past)).toBe(false);
  });

  it("a window ends where it says: what lies exactly so far back is outside of it", () => {
    const at = (agoMs: number) => aPast([aPastCall("x", agoMs)]);
    expect(passes('history.count("x", "1h") == 0', at(HOUR_MS))).toBe(true);
    expect(passes('history.count("x", "1h") == 1', at(HOUR_MS - 1))).toBe(true);
    expect(passes('history.count("x", "1h") == 1', at(0))).toBe(true);
  });

  it.each([
    ["missing", {}],
    ["text", { amount: "5" }],
    ["negative", { amount: -5 }],
    ["a list", { amount: [5] }],
    ["not kept", null],
  ])("a sum over a number that is %s fails, whatever else is in it", (_, args) => {
    const odd = aPast([aPastCall("send_money", HOUR_MS, { amount: 1 }), aPastCall("send_money", MINUTE_MS, args)]);
    expect(passes('history.sum("send_money", "amount", "24h") < 1000.0', odd)).toBe(false);
    expect(passes('history.sum("send_money", "amount", "24h") >= 0.0', odd)).toBe(false);
    expect(passes('history.sum("send_money", "amount", "24h") < 1000.0', aPast(odd.calls.slice(0, 1)))).toBe(true);
  });

  it("what reaches further back than is kept fails", () => {
    const lost = aPast([aPastCall("send_money", MINUTE_MS, { amount: 1 })], { sinceMs: NOW_MS - HOUR_MS });
    expect(passes('history.count("send_money", "1h") == 1', lost)).toBe(true);
    expect(passes('history.count("send_money", "61m") >= 0', lost)).toBe(false);
    expect(passes('history.sum("send_money", "amount", "61m") >= 0.0', lost)).toBe(false);
    expect(passes('history.any("send_money", "args.amount == 1", "61m")', lost)).toBe(false);
  });

  it("of arguments that are not all kept, only what is kept can be known", () => {
    const cut = { path: "/home/a/.ssh/id", note: "a".repeat(3_000), empty: [] };
    const kept = aPast([aPastCall("read_file", MINUTE_MS, cut)]);
    expect(kept.calls[0]).toMatchObject({ scalars: { path: cut.path }, isCut: true });
    for (const [when, known] of [
      ["args.path.contains('.ssh')", true],
      ["args.path.contains('.aws')", true],
      ["args['path'] == '/'", true],
      ["args.note == 'a'", false],
      ["has(args.note)", false],
      ["!has(args.other)", false],
      ["size(args) == 1", false],
      ["args.path.contains('.ssh') && !('note' in args)", false],
      ["size(args.empty) == 0", false],
    ] as const) {
      const asked = `history.any("read_*", ${JSON.stringify(when)}, "1h")`;
      expect([when, passes(`${asked} || !${asked}`, kept)]).toEqual([when, known]);
    }
  });

  it("is known to hold as soon as one call meets it, and fails if one could", () => {
    const [yes, no, unknown] = [{ to: "zoe" }, { to: "ada" }, null];
    const asked = 'history.any("send_mail", "args.to == \'zoe\'", "1h")';
    const after = (...all: ({ to: string } | null)[]) => aPast(all.map((args, index) => aPastCall("send_mail", index + 1, args)));
    expect([passes(asked, after(no, yes, unknown)), passes(asked, after(unknown, no))]).toEqual([true, false]);
    expect([passes(`!${asked}`, after(no, no)), passes(`!${asked}`, after(unknown, no))]).toEqual([true, false]);
  });

  it("without any past it fails: a rule that allows does not match, any other is carried", () => {
    const policy = policyOf(`rules:
  - { name: few, match: { when: 'history.count("*", "1h") < 5' }, effect: allow }
  - { name: many, match: { when: 'history.count("*", "1h") >= 5' }, effect: deny }
`);
    const facts = aCall();
    expect(judgedAfter(policy, facts, aPast([]))).toMatchObject({ effect: "allow", rule: "few" });
    const lost = answersFor(policy, facts, aPast([], { sinceMs: NOW_MS }));
    for (const known of [null, {}, lost])
      expect(judge(policy, { ...facts, past: known })).toMatchObject({ effect: "deny", rule: "many", carried: ["many"] });
  });

  it.each([
    '!(history.count("a", "1h") >= 5)',
    '![1].exists(x, history.count("a", "1h") >= 5)',
    '![1].exists_one(x, history.any("a", "true", "1h"))',
    '[1, 2].all(x, history.count("a", "1h") < 5)',
    '[1].filter(x, history.count("a", "1h") >= 5) == []',
    'size([1].map(x, history.count("a", "1h"))) == 1',
    'history.count("a", "1h") >= 5 ? false : true',
    'history.sum("a", "b", "1h") in [0.0] || history.sum("a", "b", "1h") != 0.0',
    '!(history.any("a", "true", "1h") && args.amount == 5)',
    '{"a": history.count("a", "1h")} != {"a": 9}',
    'string(history.count("a", "1h")) != "9"',
  ])("that is not known does not hold by being turned around: %s", (when) => {
    expect(passes(when, aPast([], { sinceMs: NOW_MS }))).toBe(false);
  });

  it("people who are asked can depend on it", () => {
    const policy = policyOf(`rules:
  - name: money
    match: { tool: send_money }
    effect: require_approval
    approvals: [{ groups: [release] }, { groups: [oncall], when: 'history.sum("send_money", "amount", "24h") + args.amount > 100.0' }]
`);
    const asking = (args: { amount: number }) =>
      judgedAfter(policy, aCall({ tool: "send_money", args }), past).slots.map(({ name }) => name);
    expect([asking({ amount: 5 }), asking({ amount: 90 })]).toEqual([["release"], ["release", "oncall"]]);
    const odd = aPast([aPastCall("send_money", 1, { amount: "1" })]);
    expect(judgedAfter(policy, aCall({ tool: "send_money", args: { amount: 1 } }), odd).slots).toHaveLength(2);
  });

  it("an endless number of calls does not make it endless: it fails", () => {
    const many = aPast(Array.from({ length: 6_000 }, (_, at) => aPastCall("say", at, { text: "ab ".repeat(600) })));
    const slow = 'history.any("say", "[1, 2, 3, 4, 5, 6, 7, 8].exists(n, args.text.contains(\'zz\'))", "1h")';
    expect(passes(`${slow} || !${slow}`, many)).toBe(false);
    expect(passes(`${slow} || !${slow}`, aPast(many.calls.slice(-20)))).toBe(true);
  });
});

describe("refused when it is checked, with its place", () => {
  const count = '(such as "90s", "10m", "24h" or "30d")';
  it.each([
    ["a span that is reckoned", 'history.count("x", args.within) > 1', `19 bad_condition ${count}`],
    ["a span without a unit", 'history.count("x", "24") > 1', `19 bad_condition ${count}`],
    ["a number as a span", 'history.count("x", 24) > 1', `19 bad_condition ${count}`],
    ["no time at all", 'history.count("x", "0s") > 1', `19 bad_condition ${count}`],
    ["a span of two units", 'history.count("x", duration("1h30m")) > 1', `19 bad_condition ${count}`],
    ["further back than is kept", 'history.count("x", "31d") > 1', '19 bad_time (from "1s" to "30d")'],
    ["the same in hours", 'history.sum("x", "a", duration("721h")) > 1.0', '22 bad_time (from "1s" to "30d")'],
    ["a tool that the agent chooses", 'history.count(tool.name, "1h") > 1', '14 bad_condition (write history.count("send_*", "24h"))'],
    ["a tool without a name", 'history.count("", "1h") > 1', '14 bad_condition (write history.count("send_*", "24h"))'],
    ["too little", 'history.count("x") > 1', '0 bad_condition (write history.count("send_*", "24h"))'],
    ["too much", 'history.count("x", "1h", "2h") > 1', '0 bad_condition (write history.count("send_*", "24h"))'],
    ["a path that is none", 'history.sum("x", "a[0]", "1h") > 1.0', '17 bad_condition (such as "amount" or "transfer.amount")'],
    ["a path that the agent chooses", 'history.sum("x", args.p, "1h") > 1.0', '17 bad_condition (such as "amount" or "transfer.amount")'],
    ["a condition that is not written out", 'history.any("x", args.c, "1h")', /^17 bad_condition \(write history\.any\(/],
    ["another word", 'history.cuont("x", "1h") > 1', "0 bad_condition (is count meant?)"],
    ["a word like no other", 'history.latest("x")', "0 bad_condition (there are: count, sum, any)"],
    ["a word that every object has", 'history.constructor("x", "1h")', "0 bad_condition (there are: count, sum, any)"],
    ["history as a value", "history == history", /^0 bad_condition .*; 11 bad_condition/],
    ["a member of history", "history.answers == 1", /^0 bad_condition \(such as history\.count/],
    ["a text compared with a count", 'history.count("x", "1h") == "1"', "0 bad_condition"],
    ["a condition that is a count", 'history.count("x", "1h")', "0 bad_condition"],
  ])("%s", (_, source, refusal) => {
    if (typeof refusal === "string") expect(refusalOf(source)).toEqual(refusal);
    else expect(refusalOf(source)).toMatch(refusal);
  });
});

test("answers are read by the name of their question alone, and are of its type", () => {
  const source = 'history.count("constructor", "1h") > 0 && history.any("x", "true", "1h") && history.sum("x", "a", "1h") < 2.0';
  const condition = compileCondition(source, []);
  if (!condition.ok) throw new Error("it can be used");
  const [count, any, sum] = condition.value.outline.asksPast.map(keyOf);
  const holds = (answers: Record<string, number | boolean | string | null> | null) =>
    condition.value.holds({
      facts: { ...FACTS, history: new PastFacts(answers) },
      longest: 10,
      stepsLeft: STEPS_A_JUDGEMENT,
    });
  const good = { [String(count)]: 1, [String(any)]: true, [String(sum)]: 1.5 };
  expect(holds(good)).toBe(true);
  for (const wrong of [null, {}, { ...good, [String(count)]: null }, { ...good, [String(count)]: true }, { ...good, [String(count)]: 1.5 }])
    expect([wrong, holds(wrong)]).toEqual([wrong, null]);
  for (const wrong of [
    { ...good, [String(any)]: 1 },
    { ...good, [String(any)]: "true" },
    { ...good, [String(sum)]: "1" },
  ])
    expect([wrong, holds(wrong)]).toEqual([wrong, null]);
});

const FACTS = {
  args: {},
  action: "",
  tool: { server: "", name: "", hints: {} },
  agent: { name: "", owner: "", groups: [] },
  caller: { issuer: "", subject: "", groups: [] },
  now: new Date(0),
  lists: {},
};

describe("what is asked", () => {
  const policy = policyOf(`rules:
  - { name: one, match: { tool: "send_*", when: 'history.count("send_*", "1h") < 5' }, effect: allow }
  - { name: two, match: { source: ask, when: 'history.count("x", "2h") < 5' }, effect: allow }
  - { name: all, match: { tool: send_mail }, effect: deny }
  - { name: behind, match: { when: 'history.count("y", "30d") < 5' }, effect: allow }
`);
  const asked = (facts: Parameters<typeof questionsFor>[1]) =>
    questionsFor(policy, facts).map((question) => ("tool" in question ? question.tool : question.ask));

  it("is that of rules which could match, each once, and nothing where the policy asks nothing", () => {
    expect(asked(aCall({ tool: "send_mail" }))).toEqual(["send_*"]);
    expect(asked(aCall({ tool: "send_money" }))).toEqual(["send_*", "y"]);
    expect(asked(anAsk())).toEqual(["x", "y"]);
    expect(questionsFor(null, aCall())).toEqual([]);
    expect(questionsFor(policyOf("rules: [{ name: it, effect: allow }]"), aCall())).toEqual([]);
    const twice = policyOf(`rules:
  - { name: one, match: { when: 'history.count("x", "1h") < 5 || history.count("x", "60m") > 7' }, effect: allow }
  - { name: two, match: { when: 'history.count("x", duration("1h")) < 5' }, effect: deny }
`);
    expect(questionsFor(twice, aCall())).toEqual([{ ask: "count", tool: "x", within: HOUR_MS }]);
  });

  it("reaches as far back as the document says at most", () => {
    expect(policy.longestWithin).toBe(30 * DAY_MS);
    expect(policyOf("anomaly: {}").longestWithin).toBe(5 * MINUTE_MS);
    expect(policyOf("rules: [{ name: it, effect: allow }]").longestWithin).toBe(0);
  });

  it("is answered by names that are pinned: answers of one version of the service may be judged by another", () => {
    const facts = aCall({ tool: "send_money", args: { to: "bo" } });
    const all = policyOf(`anomaly: { watch: [args.to], chains: [{ name: c, within: 1m, add: 9, steps: [{ tool: a }, { tool: "send_*" }] }] }
rules:
  - name: it
    match: { when: 'history.count("a", "1h") == 0 && history.sum("b", "x.y", "1d") == 0.0 && !history.any("c", "args.z", "1m")' }
    effect: allow
`);
    expect(answersFor(all, facts, aPast([]))).toEqual({
      '["count","a",3600000]': 0,
      '["sum","b",86400000,"x","y"]': 0,
      '["any","c",60000,"args.z"]': false,
      hour: false,
      burst: false,
      "first-tool": true,
      '["first-value","to"]': true,
      '["chain","c"]': false,
    });
  });
});
