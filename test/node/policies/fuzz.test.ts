/** What reads policies and conditions never throws, whatever the text, and what it accepts has one meaning however it is written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPolicyCases } from "#countersign/policy/cases/cases-document.ts";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { compileCondition } from "#countersign/policy/conditions/condition.ts";
import { PastFacts, STEPS_A_JUDGEMENT } from "#countersign/policy/conditions/workload.ts";
import { readPolicyDocument } from "#countersign/policy/document/read-policy-document.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { aCall, anAsk } from "#test/support/policies/policy-facts.ts";

const RUNS = { numRuns: 3_000 };

const GOOD = `type: countersign/policy@v1
defaults: { effect: require_approval, approvals: [{ groups: [release], when: has(args.x) }] }
lists: { live: [production, 7] }
anomaly: { watch: [to], chains: [{ name: c, within: 10m, add: 40, steps: [{ tool: "a*", when: args.a == 1 }, { tool: b }] }] }
rules:
  - name: one
    match: { source: [ask, call], tool: ["a*", b?], when: 'args.env in lists.live && args.q.matches("x+") && history.any("a*", "args.a == 1", "1h")' }
    effect: deny
    window: { from: "22:00", to: "02:00", zone: Europe/Berlin, except: [2026-12-24] }
  - { name: two, effect: allow, risk: low, expires_in: 5m }
`;
const PIECES =
  "\n|\n  |- |: |, |{|}|[|]|\"|'|# |&a |*a|!!str |!x |--- |%YAML 1.1\n|<<|null|~|true|1|-0|1e999|.nan|.inf|0x1F|\t|\u0000|\u2028|\ufeff|\ud800|__proto__|constructor|name|when|rules|effect|allow|deny|15m|args.a|(|)|)>".split(
    "|",
  );
const piece = fc.constantFrom(...PIECES);
const edits = fc.array(fc.record({ at: fc.nat(GOOD.length), cut: fc.nat(12), put: piece }), { minLength: 1, maxLength: 4 });
const edited = edits.map((all) => all.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), GOOD));
const noise = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join("")),
);

describe("a policy", () => {
  it("that is any text is read or refused, with places in the text, and judged if it is read", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(edited, edited, noise), (text) => {
        const checked = checkPolicy(text);
        const lines = text.split("\n");
        for (const { line, column, hint, message } of checked.ok ? checked.value.findings : checked.refusal) {
          expect([line >= 1 && line <= lines.length, column >= 1, hint === "", message === ""]).toEqual([true, true, false, false]);
        }
        if (!checked.ok) return;
        read += 1;
        const policy = compile(checked.value.document);
        for (const facts of [aCall({ tool: "a1" }), anAsk({ args: { env: "production", q: "xx" } })])
          expect(judge(policy, facts).slots).toBeDefined();
      }),
      RUNS,
    );
    expect(read).toBeGreaterThan(20);
  });

  it("that is read is the same policy as JSON, with the same hash", () => {
    let read = 0;
    fc.assert(
      fc.property(edited, (text) => {
        const policy = readPolicyDocument(text);
        if (!policy.ok) return;
        read += 1;
        const again = readPolicyDocument(JSON.stringify(policy.value.document));
        expect(again.ok && again.value.hash).toBe(policy.value.hash);
      }),
      RUNS,
    );
    expect(read).toBeGreaterThan(20);
  });

  it("cases that are any text are read or refused", () => {
    fc.assert(
      fc.property(fc.oneof(edited, noise), (text) => {
        expect(readPolicyCases(text).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const TERMS =
  'history.count("x", "1h")|history.sum("x", "a", "1h")|history.any("x", "true", "1h")|args|args.a|args["b"]|lists.live|agent.name|tool.hints|now|action|caller|history|x|1|2.5|-1|2u|"a"|b"a"|true|null|[1, 2]|[args.a]|{"a": 1}|args.list'.split(
    "|",
  );
const CALLS =
  ".all(x, |.exists(x, |.map(x, |.filter(x, |.matches(|.contains(|.size(|.hourIn(|.split(|.count(|has(|size(|int(|timestamp(|cel.bind(y, |(|)|)|)| && | \u007c\u007c | == | != | in | + | / | % | < |!|-| ? | : |.a|[0]|,".split(
    "|",
  );
const conditions = fc
  .array(fc.oneof(fc.constantFrom(...TERMS), fc.constantFrom(...CALLS)), { minLength: 1, maxLength: 14 })
  .map((parts) => parts.join(""));

const term = fc.constantFrom(...TERMS);
const compared = fc.tuple(term, fc.constantFrom("==", "!=", "in", "<", "+ 1 ==", "== 1 ||", "&&"), term).map((parts) => parts.join(" "));
const sensible = fc.tuple(compared, fc.constantFrom("&&", "||"), compared).map((parts) => parts.join(" "));

it("a condition that is any text is refused, or holds, does not hold or fails", () => {
  let compiled = 0;
  fc.assert(
    fc.property(fc.oneof(conditions, conditions, sensible, fc.string()), (source) => {
      const condition = compileCondition(source, ["live"]);
      if (!condition.ok) {
        for (const { offset, message } of condition.refusal)
          expect([offset >= 0 && offset <= source.length, message === ""]).toEqual([true, false]);
        return;
      }
      compiled += 1;
      const facts = {
        args: { a: "x", b: 2, list: [1, "a", null] },
        action: "Do it",
        tool: { server: "", name: "", hints: {} },
        agent: { name: "a", owner: "o", groups: [] },
        caller: { issuer: "", subject: "", groups: [] },
        now: new Date(0),
        lists: { live: ["production"] },
        history: new PastFacts({}),
      };
      expect([true, false, null]).toContain(condition.value.holds({ facts, longest: 10, stepsLeft: STEPS_A_JUDGEMENT }));
    }),
    { numRuns: 10_000 },
  );
  expect(compiled).toBeGreaterThan(80);
});
