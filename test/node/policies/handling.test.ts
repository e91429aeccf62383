/** How a call is handled: what each field comes to, and the strictest of what several rules say. And whether people could be asked at all. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { couldHold } from "#countersign/policy/judging/possible/could-hold.ts";
import type { PolicyFacts } from "#countersign/policy/judging/facts.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { aCall, anAsk, judged, policyOf } from "#test/support/policies/policy-facts.ts";
import { args, documents } from "#test/support/policies/made-policies.ts";
import { compile } from "#countersign/policy/judging/compile.ts";

const rules = (...lines: string[]) => `rules:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
const NOTHING = { limits: null, scan: null, mask: [], keep: { what: "masked", days: null }, seconds: null };
const FAILING = "match: { when: args.missing == 1 }";

describe("how a call is handled", () => {
  it("is as the rule says that decides", () => {
    const policy = rules(
      "name: it, effect: allow, limits: { per_minute: 5, per_day: 100, credits: 3, credits_per_day: 30, seconds: 20 }, scan: { secrets: warn }, mask: [{ key: a, pattern: b }, { path: $.c }, { detector: email }], keep: { what: full, days: 7 }",
    );
    expect(judged(policy, aCall())).toMatchObject({
      limitedBy: "it",
      handling: {
        limits: { perMinute: 5, perDay: 100, credits: 3, creditsPerDay: 30 },
        scan: "warn",
        mask: [
          { path: null, key: "a", pattern: "b", detector: null },
          { path: "$.c", key: null, pattern: null, detector: null },
          { path: null, key: null, pattern: null, detector: "email" },
        ],
        keep: { what: "full", days: 7 },
        seconds: 20,
      },
    });
  });

  it("is said of nothing where nothing is said, of what is refused too", () => {
    expect(judged("rules: []", aCall())).toMatchObject({ handling: NOTHING, limitedBy: null });
    expect(judged(rules("name: no, effect: deny"), aCall()).handling).toEqual(NOTHING);
    expect(judged(rules("name: no, effect: deny, keep: none, mask: [{ key: x }]"), aCall()).handling).toMatchObject({
      keep: { what: "none", days: null },
      mask: [{ key: "x" }],
    });
  });

  it("is what defaults say where a rule is silent; each field as a whole", () => {
    const defaults = "defaults: { limits: { per_day: 9 }, mask: [{ key: a }], keep: hash }\n";
    expect(judged(defaults + rules("name: it, effect: allow"), aCall())).toMatchObject({
      limitedBy: "it",
      handling: { limits: { perMinute: null, perDay: 9, credits: 1, creditsPerDay: null }, mask: [{ key: "a" }], keep: { what: "hash" } },
    });
    expect(judged(defaults, aCall()).limitedBy).toBe("default");
    const own = judged(defaults + rules("name: it, effect: allow, limits: { per_minute: 2 }, mask: [{ key: b }], keep: full"), aCall());
    expect(own.handling).toMatchObject({ limits: { perMinute: 2, perDay: null }, mask: [{ key: "b" }], keep: { what: "full" } });
    expect(own.handling.mask).toHaveLength(1);
  });

  it("a time alone limits nothing", () => {
    expect(judged(rules("name: it, effect: allow, limits: { seconds: 9 }"), aCall())).toMatchObject({
      limitedBy: null,
      handling: { limits: null, seconds: 9 },
    });
  });

  it("what defaults block no rule lets through", () => {
    const scanned = (all: string, own: string) =>
      judged(`defaults: { scan: { secrets: ${all} } }\n${rules(`name: it, effect: allow, scan: { secrets: ${own} }`)}`, aCall()).handling
        .scan;
    expect([scanned("block", "warn"), scanned("warn", "block"), scanned("warn", "warn")]).toEqual(["block", "block", "warn"]);
  });

  it("is the strictest of the rule that matches and those that are carried", () => {
    const policy = rules(
      `name: carried, effect: require_approval, ${FAILING}, limits: { per_minute: 9, per_day: 5, credits: 1, credits_per_day: 10, seconds: 90 }, scan: { secrets: block }, mask: [{ key: a }], keep: { what: full, days: 3 }`,
      `name: second, effect: deny, ${FAILING}, keep: hash`,
      "name: matched, effect: allow, limits: { per_minute: 2, credits: 4, credits_per_day: 40, seconds: 30 }, scan: { secrets: warn }, mask: [{ key: b }], keep: { what: masked, days: 9 }",
    );
    expect(judged(policy, aCall())).toMatchObject({
      rule: "second",
      carried: ["carried", "second"],
      limitedBy: "carried",
      handling: {
        limits: { perMinute: 2, perDay: 5, credits: 4, creditsPerDay: 10 },
        scan: "block",
        mask: [{ key: "a" }, { key: "b" }],
        keep: { what: "hash", days: 3 },
        seconds: 30,
      },
    });
  });

  it.each([
    ["full", "masked", "masked"],
    ["masked", "hash", "hash"],
    ["hash", "none", "none"],
    ["none", "full", "none"],
  ])("of %s and %s what keeps least", (one, other, least) => {
    const policy = rules(`name: a, effect: deny, ${FAILING}, keep: ${one}`, `name: b, effect: deny, keep: ${other}`);
    expect(judged(policy, aCall()).handling.keep.what).toBe(least);
  });

  it("under a document that observes nothing is refused or limited, and nothing more is seen or kept", () => {
    const policy = `mode: observe\n${rules("name: it, effect: allow, limits: { per_day: 1, seconds: 5 }, scan: { secrets: block }, mask: [{ key: x }], keep: none")}`;
    expect(judged(policy, aCall())).toMatchObject({
      limitedBy: null,
      handling: { limits: null, seconds: null, scan: "warn", mask: [{ key: "x" }], keep: { what: "none" } },
    });
  });

  it("of an ask is said as well", () => {
    expect(judged(rules("name: it, effect: require_approval, limits: { per_day: 1 }"), anAsk())).toMatchObject({
      limitedBy: "it",
      handling: { limits: { perDay: 1 } },
    });
  });
});

describe("hints of an accepted tool", () => {
  const policy = rules('name: reads, match: { source: call, server: "*", hints: { readOnlyHint: true } }, effect: allow, risk: low');

  it("match a call of it, and neither an ask nor what was not accepted", () => {
    expect(judged(policy, aCall({ hints: { readOnlyHint: true } })).rule).toBe("reads");
    expect(judged(policy, aCall({ hints: { readOnlyHint: false } })).rule).toBe("default");
    expect(judged(policy, aCall({ hints: null })).rule).toBe("default");
    expect(judged(policy, anAsk({ server: "cloud", tool: "x", hints: null })).rule).toBe("default");
  });

  it("raise the risk and never lower it", () => {
    const level = (hints: PolicyFacts["hints"]) => judged(rules("name: it, effect: allow, risk: medium"), aCall({ hints })).risk.level;
    expect([level(null), level({ readOnlyHint: true, destructiveHint: false }), level({ destructiveHint: true })]).toEqual([
      "medium",
      "medium",
      "high",
    ]);
  });
});

describe("whether people could be asked about a tool's calls", () => {
  const tool = { server: "cloud", tool: "deploy_service", hints: null, agent: { name: "deployer", groups: ["ops"] } };
  const could = (policy: string, given: Partial<typeof tool> = {}) => couldHold(policyOf(policy), { ...tool, ...given });

  it("always, without a policy or by one that observes", () => {
    expect(couldHold(null, tool)).toBe(true);
    expect(could(`mode: observe\n${rules("name: it, effect: allow")}`)).toBe(true);
  });

  it.each<[string, boolean, string]>([
    ["by a rule that lets it pass", false, rules("name: it, effect: allow")],
    ["by one that refuses it", false, rules("name: it, effect: deny")],
    ["by one that asks", true, rules("name: it, effect: require_approval")],
    ["by the defaults, where no rule takes it", true, rules("name: it, match: { tool: other }, effect: allow")],
    ["by defaults that let pass", false, "defaults: { effect: allow }"],
    ["behind a rule with a condition", true, rules("name: it, match: { when: args.a == 1 }, effect: allow")],
    ["by a rule for asks", false, rules("name: it, match: { source: ask }, effect: require_approval", "name: on, effect: allow")],
    ["by a rule for actions", false, rules('name: it, match: { action: "*" }, effect: require_approval', "name: on, effect: allow")],
    ["by a rule for other agents", false, rules("name: it, match: { agent: other }, effect: require_approval", "name: on, effect: allow")],
    ["by a rule for its group", true, rules("name: it, match: { groups: [ops] }, effect: require_approval", "name: on, effect: allow")],
    ["by a rule that only observes", false, rules("name: it, mode: observe, effect: require_approval", "name: on, effect: allow")],
    [
      "by a condition that may hold or fail",
      true,
      rules("name: it, match: { when: args.a == 1 }, effect: require_approval", "name: on, effect: allow"),
    ],
    ["outside of a window", true, rules("name: it, effect: allow, window: { zone: UTC, days: [mon], outside: [{ required: 1 }] }")],
    ["outside of a window that refuses", false, rules("name: it, effect: allow, window: { zone: UTC, days: [mon] }")],
    [
      "by a rule that refuses outside of its window",
      false,
      rules("name: it, effect: deny, window: { zone: UTC, days: [mon], outside: [{ required: 1 }] }"),
    ],
    [
      "by its hints",
      false,
      rules('name: it, match: { server: "*", hints: { readOnlyHint: true } }, effect: require_approval', "name: on, effect: allow"),
    ],
  ])("%s", (_, expected, policy) => {
    expect(could(policy)).toBe(expected);
  });

  it("whenever a call of any arguments is held at any time", () => {
    let [held, never] = [0, 0];
    fc.assert(
      fc.property(
        documents,
        fc.constantFrom("deploy_service", "get_status", "x"),
        fc.constantFrom(null, { readOnlyHint: true }, { destructiveHint: true }),
        fc.array(fc.record({ args, day: fc.nat({ max: 13 }) }), { minLength: 1, maxLength: 5 }),
        (document, called, hints, moments) => {
          const policy = compile(document);
          const facts = aCall({ tool: called, hints });
          const canBe = couldHold(policy, { server: "cloud", tool: called, hints, agent: facts.agent });
          if (!canBe) never += 1;
          for (const { args: given, day } of moments) {
            const { effect } = judge(policy, { ...facts, args: given, nowMs: facts.nowMs + day * 43_200_000 });
            if (effect !== "require_approval") continue;
            held += 1;
            expect(canBe).toBe(true);
          }
        },
      ),
      { numRuns: 3_000 },
    );
    expect(held).toBeGreaterThan(500);
    expect(never).toBeGreaterThan(300);
  });
});
