/** What publication says of history and anomaly: what it refuses, with its place, and what it warns of. */
import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { KnownTool } from "#countersign/policy/checking/check-arguments.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { pointedAt, saidOf } from "#test/support/policies/policy-facts.ts";

const rule = (when: string, more = "effect: deny") => `rules:\n  - { name: it, ${more}, match: { when: ${JSON.stringify(when)} } }`;
const anomaly = (fields: string) => `anomaly: { ${fields} }`;
const chain = (more: string, name = "c", within = "10m") => `chains: [{ name: ${name}, within: ${within}, add: 40, steps: [${more}] }]`;
const hintsOf = (rest: string) => {
  const checked = checkPolicy(`type: countersign/policy@v1\n${rest}`);
  return (checked.ok ? checked.value.findings : checked.refusal).map(({ code, hint }) => `${code}: ${hint}`);
};

test("history and anomaly may be published", () => {
  expect(saidOf(rule('history.count("send_*", "24h") > 5'))).toEqual([]);
  const steps = `{ tool: ["*read_*"], when: 'args.path.contains(".ssh")' }, { tool: "http_*" }`;
  expect(saidOf(anomaly(`threshold: 60, notice: 30, watch: [to, args.host], approvals: [{ groups: [release] }], ${chain(steps)}`))).toEqual(
    [],
  );
  expect(saidOf("anomaly: {}")).toEqual([]);
});

describe("history is refused", () => {
  it("further back than 30 days, at its place", () => {
    expect(hintsOf(rule('history.count("x", "31d") > 1'))).toEqual(['bad_time: from "1s" to "30d"']);
    const written = `rules:\n  - name: it\n    effect: deny\n    match:\n      when: 'history.count("x", "31d") > 1'`;
    expect(pointedAt(written)).toEqual(['error 6 bad_time "31d")']);
  });

  it("with a condition on past calls that cannot be used, at its place in the condition", () => {
    const any = (when: string) =>
      `rules:\n  - name: it\n    effect: deny\n    match:\n      when: |-\n        args.x == 1 &&\n        history.any("x", ${JSON.stringify(when)}, "1h")`;
    expect(pointedAt(any("args.y == "))).toEqual(['error 8 bad_condition "']);
    expect(pointedAt(any("1 + 1"))).toEqual(["error 8 bad_condition 1"]);
    expect(pointedAt(any("args.y == 1 && agent.name == 'a'"))).toEqual(["error 8 bad_condition agent.name"]);
    expect(pointedAt(any("now.hourIn('UTC') == 1"))).toEqual(["error 8 bad_condition now.hourIn('UTC')"]);
    expect(pointedAt(any("args.y == 1 && history.count('x', '1h') > 1"))).toEqual(["error 8 bad_condition history.count('x'"]);
    expect(pointedAt(any("args.y in lists.none"))).toEqual(['error 8 bad_condition lists.none"']);
    expect(pointedAt(any('args.y == "'))).toEqual([String.raw`error 8 bad_condition "args.y`]);
  });

  it("where it would take too long", () => {
    const nested = "args.a.all(x, args.b.exists(y, x == y))";
    expect(
      pointedAt(rule(`history.any("x", ${JSON.stringify(nested)}, "1h")`)).map((said) => said.split(" ").slice(0, 3).join(" ")),
    ).toEqual(["error 3 too_costly"]);
    const long = Array.from({ length: 20 }, () => "args.a == 1").join(" || ");
    expect(hintsOf(rule(`history.any("x", "${long}", "1h")`))).toEqual(["too_costly: at most 50 parts"]);
    const asking = (count: number) =>
      `rules:\n${Array.from({ length: count }, (_, index) => `  - { name: r${index}, effect: deny, match: { when: 'history.count("x${index}", "1h") > 1' } }\n`).join("")}`;
    expect(saidOf(asking(100))).toEqual([]);
    expect(hintsOf(asking(101))).toEqual(["too_costly: ask the same in several rules, or less"]);
    const pattern = (index: number) => `history.any("x", "args.a.matches('a{290}${index}')", "1h")`;
    const heavy = (count: number) =>
      `rules:\n${Array.from({ length: count }, (_, index) => `  - { name: r${index}, effect: deny, match: { when: ${JSON.stringify(pattern(index))} } }\n`).join("")}`;
    expect(saidOf(heavy(17))).toEqual([]);
    expect(saidOf(heavy(30)).map((said) => said.split(" ")[2])).toEqual(["too_costly"]);
  });
});

describe("anomaly is refused", () => {
  it.each([
    ["a threshold of nothing", "threshold: 0", ["error 2 bad_value 0"]],
    ["a member that is none", 'watch: ["a[0]"]', ['error 2 bad_value "a[0']],
    ["a chain of one step", chain("{ tool: a }"), ["error 2 bad_value [{"]],
    ["a chain of six", chain("{ tool: a }, { tool: a }, { tool: a }, { tool: a }, { tool: a }, { tool: a }"), ["error 2 bad_value [{"]],
    ["a chain that reaches back too far", chain("{ tool: a }, { tool: b }", "c", "31d"), ["error 2 bad_time 31d"]],
    ["a condition that cannot be read", chain("{ tool: a, when: args.x == }, { tool: b }"), ["error 2 bad_condition "]],
    [
      "a condition over what no past call has",
      chain("{ tool: a, when: agent.name == 1 }, { tool: b }"),
      ["error 2 bad_condition agent.name"],
    ],
    ["an unknown key", "treshold: 10", ["error 2 unknown_key treshold"]],
  ])("%s", (_, fields, said) => {
    expect(pointedAt(anomaly(fields))).toEqual(said);
  });

  it("two chains of one name", () => {
    const one = "{ name: c, within: 1m, add: 40, steps: [{ tool: a }, { tool: b }] }";
    expect(pointedAt(anomaly(`chains: [${one}, ${one}]`))).toEqual(["error 2 duplicate_name c"]);
  });

  it("people who are not there, or not enough", () => {
    const approvals = "approvals: [{ groups: [nobody] }, { users: [ada], required: 2 }]";
    expect(pointedAt(anomaly(approvals), { groups: ["release"], users: ["ada"] })).toEqual([
      "error 2 impossible_quorum [{",
      "error 2 unknown_group nobody",
    ]);
    expect(pointedAt(anomaly("approvals: [{ when: args.x == 1 }, { when: args.y = 1 }]"))).toEqual([
      expect.stringMatching(/^error 2 bad_condition/),
    ]);
  });
});

describe("worth a second look is", () => {
  it("a threshold below the notice, and what nothing reaches", () => {
    expect(pointedAt(anomaly("threshold: 20, notice: 40"))).toEqual(["warning 2 threshold_below_notice 40"]);
    expect(pointedAt(anomaly("threshold: 51"))).toEqual(["warning 2 never_reached 51"]);
    expect(pointedAt(anomaly("threshold: 91, watch: [a, b, c]"))).toEqual(["warning 2 never_reached 91"]);
    expect(saidOf(anomaly("threshold: 90, watch: [a, b, c]"))).toEqual([]);
    expect(saidOf(anomaly(`threshold: 90, ${chain("{ tool: a }, { tool: b }")}`))).toEqual([]);
    expect(pointedAt(anomaly("threshold: 300, notice: 299"))).toEqual(["warning 2 never_reached 300", "warning 2 never_reached 299"]);
  });

  it("a chain that can never be met: a rule refuses one of its steps, whatever it is asked for", () => {
    const steps = chain(`{ tool: ["read_a", "read_b*"] }, { tool: "http_*" }`);
    const refusing = (match: string) => pointedAt(`${anomaly(steps)}\nrules: [{ name: it, effect: deny, match: { ${match} } }]`);
    expect(refusing(`tool: "read_*"`)).toEqual(["warning 2 chain_never_met {"]);
    expect(refusing(`tool: ["read_a", "read_b*"]`)).toEqual(["warning 2 chain_never_met {"]);
    expect(refusing(`tool: "read_b*"`)).toEqual([]);
    expect(refusing(`tool: "read_*", when: args.x == 1`)).toEqual([]);
    expect(refusing(`tool: "read_*", agent: a`)).toEqual([]);
  });

  it("a step that every call is", () => {
    expect(pointedAt(anomaly(chain("{}, { tool: a }")))).toEqual(["warning 2 chain_of_anything {"]);
    expect(saidOf(anomaly(chain("{ when: args.x == 1 }, { tool: a }")))).toEqual([]);
  });

  it("a question over arguments of which nothing is kept", () => {
    const sum = 'history.sum("pay_*", "amount", "24h") > 5.0';
    const kept = (first: string, when = sum) => pointedAt(`${rule(when)}\n  - { name: second, effect: deny, ${first} }`);
    expect(kept('keep: hash, match: { tool: "pay_*" }')).toEqual([expect.stringMatching(/^warning 3 not_kept/)]);
    expect(kept("keep: { what: none }, match: { tool: pay_card, when: args.x == 1 }")).toEqual([
      expect.stringMatching(/^warning 3 not_kept/),
    ]);
    expect(kept("keep: none, match: { tool: other }")).toEqual([]);
    expect(kept('keep: masked, match: { tool: "pay_*" }')).toEqual([]);
    expect(kept('keep: hash, match: { tool: "pay_*" }', 'history.count("pay_*", "24h") > 5')).toEqual([]);
  });

  describe("where it is known which tools were accepted", () => {
    const schema = (properties: JsonObject) => ({ type: "object", properties, additionalProperties: false });
    const tools: KnownTool[] = [
      { server: "bank", tool: "pay_card", inputSchema: schema({ amount: { type: "number" } }), hints: null },
      { server: "bank", tool: "pay_bill", inputSchema: schema({ total: { type: "number" } }), hints: null },
    ];
    const said = (rest: string) => pointedAt(rest, { tools }).map((one) => one.split(" ").slice(0, 3).join(" "));

    it("a tool that is none of them", () => {
      expect(said(rule('history.count("pya_*", "24h") > 5'))).toEqual(["warning 3 never_counts"]);
      expect(said(rule('history.count("pay_*", "24h") > 5'))).toEqual([]);
      expect(said(anomaly(chain("{ tool: raed }, { tool: pay_card }")))).toEqual(["warning 2 chain_never_met"]);
      expect(said(anomaly(chain("{ tool: pay_bill }, { tool: [pay_card, other] }")))).toEqual([]);
    });

    it("and a member that none of them has is refused", () => {
      expect(said(rule('history.sum("pay_card", "ammount", "24h") > 5.0'))).toEqual(["error 3 unknown_argument"]);
      expect(said(rule('history.sum("pay_*", "amount", "24h") > 5.0'))).toEqual([]);
      expect(said(rule('history.sum("pay_*", "x", "24h") > 5.0'))).toEqual(["error 3 unknown_argument"]);
    });
  });
});
