/** What holds of every past, tried on thousands of made ones. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { argumentsOf, type Past, scalarsOf } from "#countersign/policy/judging/past/call.ts";
import { args, documents } from "#test/support/policies/made-policies.ts";
import { answersFor, DAY_MS, HOUR_MS, judgedAfter, madePast, MINUTE_MS, NOW_MS } from "#test/support/policies/made-past.ts";
import { aCall, policyOf } from "#test/support/policies/policy-facts.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import type { PolicyDocument } from "#countersign/policy/document/policy-document.ts";

const RUNS = { numRuns: 2_000 };
const SPANS = [
  ["1s", 1_000],
  ["1m", MINUTE_MS],
  ["1h", HOUR_MS],
  ["24h", DAY_MS],
  ["2d", 2 * DAY_MS],
] as const;
const GLOBS = [
  ["*", () => true],
  ["send_*", (tool: string) => tool.startsWith("send_")],
  ["*_money", (tool: string) => tool.endsWith("_money")],
  ["http_get", (tool: string) => tool === "http_get"],
] as const;
const span = fc.constantFrom(...SPANS);
const glob = fc.constantFrom(...GLOBS);
const money = aCall({ tool: "send_money", args: { to: "zoe", amount: 5, path: "/home/a/.ssh/id" } });

const EVERYTHING = policyOf(`anomaly:
  watch: [to]
  chains:
    - { name: one, within: 1h, add: 30, steps: [{ tool: "*read_*", when: 'args.path.contains(".ssh")' }, { tool: "send_*" }] }
    - { name: two, within: 24h, add: 20, steps: [{ tool: http_get }, { when: args.amount > 1 }, { tool: "send_*", when: args.amount > 1 }] }
rules:
  - name: few
    match: { when: 'history.count("send_*", "1h") < 3 && history.sum("send_money", "amount", "24h") < 100.0 && !history.any("read_*", "args.path.contains(''.ssh'')", "10m")' }
    effect: allow
`);

/** One answer about a past. */
function answer(call: string, past: Past): unknown {
  const policy = policyOf(`rules: [{ name: it, match: { when: ${JSON.stringify(`${call} == ${call}`)} }, effect: allow }]`);
  return Object.values(answersFor(policy, money, past))[0];
}

const inWindow = ({ calls }: Past, withinMs: number, takes: (tool: string) => boolean) =>
  calls.filter(({ atMs, tool }) => atMs > NOW_MS - withinMs && takes(tool));
const isKnown = ({ sinceMs }: Past, withinMs: number) => sinceMs === null || sinceMs <= NOW_MS - withinMs;

it("a count is what one counts, or fails where the past is not kept so far back", () => {
  let [counted, failed] = [0, 0];
  fc.assert(
    fc.property(madePast, span, glob, (past, [written, ms], [name, takes]) => {
      const naive = isKnown(past, ms) ? inWindow(past, ms, takes).length : null;
      expect(answer(`history.count("${name}", "${written}")`, past)).toBe(naive);
      if (naive === null) failed += 1;
      else if (naive > 0) counted += 1;
    }),
    RUNS,
  );
  expect(Math.min(counted, failed)).toBeGreaterThan(100);
});

it("a sum is what one adds up, and fails over anything that is no number from zero on", () => {
  let [added, failed] = [0, 0];
  fc.assert(
    fc.property(madePast, span, glob, (past, [written, ms], [name, takes]) => {
      const amounts = inWindow(past, ms, takes).map(({ scalars }) => scalars?.["amount"]);
      const isGood = isKnown(past, ms) && amounts.every((one) => typeof one === "number" && one >= 0);
      const naive = isGood ? amounts.reduce((sum: number, one) => sum + Number(one), 0) : null;
      expect(answer(`history.sum("${name}", "amount", "${written}")`, past)).toBe(naive);
      if (naive === null) failed += 1;
      else if (naive > 0) added += 1;
    }),
    RUNS,
  );
  expect(Math.min(added, failed)).toBeGreaterThan(50);
});

it("any call meets a condition if one does; it fails if one could", () => {
  const counts = { true: 0, false: 0, null: 0 };
  fc.assert(
    fc.property(madePast, span, glob, (past, [written, ms], [name, takes]) => {
      const each = inWindow(past, ms, takes).map(({ scalars, isCut }) => {
        if (scalars === null) return null;
        return typeof scalars["to"] === "string" ? scalars["to"] === "bo" : isCut ? null : undefined;
      });
      const naive = !isKnown(past, ms) ? null : each.includes(true) ? true : each.some((one) => one !== false) ? null : false;
      expect(answer(`history.any("${name}", "args.to == 'bo'", "${written}")`, past)).toBe(naive);
      counts[`${naive}`] += 1;
    }),
    RUNS,
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

it("the same past gives the same answers, and they survive being sent", () => {
  fc.assert(
    fc.property(madePast, (past) => {
      const answers = answersFor(EVERYTHING, money, past);
      expect(answersFor(EVERYTHING, money, structuredClone(past))).toEqual(answers);
      expect(JSON.parse(JSON.stringify(answers))).toEqual(answers);
      expect(judge(EVERYTHING, { ...money, past: answers })).toEqual(judgedAfter(EVERYTHING, money, past));
    }),
    RUNS,
  );
});

it("what is kept only to answer further back than is asked changes nothing", () => {
  fc.assert(
    fc.property(madePast, (past) => {
      const day = past.calls.filter(({ atMs }) => atMs > NOW_MS - DAY_MS);
      const less = { ...past, calls: day, sinceMs: isKnown(past, DAY_MS) ? NOW_MS - DAY_MS : past.sinceMs };
      const { hour: _, "first-tool": first, '["first-value","to"]': __, ...answers } = answersFor(EVERYTHING, money, less);
      expect(answersFor(EVERYTHING, money, past)).toMatchObject(answers);
      expect(typeof first).toBe("boolean");
    }),
    RUNS,
  );
});

it("less known is never looser: what is not kept any more lets nothing pass that would not pass, and is no less unusual", () => {
  let [less, held] = [0, 0];
  fc.assert(
    fc.property(madePast, fc.integer({ min: 0, max: 2 * DAY_MS }), fc.nat(30), (past, lostMs, forgotten) => {
      const sinceMs = Math.max(past.sinceMs ?? 0, NOW_MS - lostMs);
      const calls = past.calls
        .filter(({ atMs }) => atMs >= sinceMs)
        .map((call, index) => (index === forgotten ? { ...call, scalars: null, isCut: true, watched: null } : call));
      const [known, unknown] = [judgedAfter(EVERYTHING, money, past), judgedAfter(EVERYTHING, money, { ...past, calls, sinceMs })];
      if (unknown.effect === "allow") expect(known.effect).toBe("allow");
      expect(unknown.anomaly?.score).toBeGreaterThanOrEqual(known.anomaly?.score ?? 0);
      if (known.effect === "allow" && unknown.effect !== "allow") less += 1;
      if (known.anomaly?.kinds.includes("chain") === true) held += 1;
    }),
    RUNS,
  );
  expect(Math.min(less, held)).toBeGreaterThan(50);
});

it("a rule that allows never matches by a condition on the past that fails, and anomaly never loosens anything", () => {
  const STRICT = { allow: 0, require_approval: 1, deny: 2 };
  const failing = 'history.count("send_*", "30d") >= 0';
  let [failed, held] = [0, 0];
  fc.assert(
    fc.property(documents, args, madePast, fc.nat(), (document, given, past, at) => {
      const facts = aCall({ args: given });
      const rules = document.rules ?? [];
      const broken = rules[at % Math.max(1, rules.length)];
      const asking: PolicyDocument = {
        ...document,
        rules: rules.map((one) => (one === broken ? { ...one, match: { ...one.match, when: failing } } : one)),
      };
      const lost = { ...past, sinceMs: NOW_MS - DAY_MS };
      const judgement = judgedAfter(compile(asking), facts, lost);
      if (broken?.effect === "allow") expect(judgement.rule).not.toBe(broken.name);
      if (judgement.carried.includes(broken?.name ?? "")) failed += 1;
      const unusual = judgedAfter(compile({ ...asking, anomaly: { threshold: 15, notice: 5, watch: ["env"] } }), facts, lost);
      expect(STRICT[unusual.effect]).toBeGreaterThanOrEqual(STRICT[judgement.effect]);
      expect([unusual.rule, unusual.carried]).toEqual([judgement.rule, judgement.carried]);
      if (unusual.anomaly?.isHeld === true) held += 1;
    }),
    RUNS,
  );
  expect(Math.min(failed, held)).toBeGreaterThan(50);
});

it("arguments are made of their scalars again, unless it is said that they are cut", () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (made) => {
      const value = JSON.parse(JSON.stringify(made)) as JsonValue;
      const { scalars, isCut } = scalarsOf({ value });
      if (isCut) return;
      whole += 1;
      expect(argumentsOf(scalars)).toEqual({ value });
    }),
    RUNS,
  );
  expect(whole).toBeGreaterThan(300);
});
