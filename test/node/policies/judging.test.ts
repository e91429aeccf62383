/** The judgement: order, strictness, what is carried along, what an ask narrows, and every field of a rule that judging reads. */
import { describe, expect, it, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { aCall, anAsk, judged, PEOPLE } from "#test/support/policies/policy-facts.ts";

const rules = (...lines: string[]) => `rules:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
const everybody = PEOPLE.map(({ id }) => id).toSorted();

describe("without a document", () => {
  it("one approver is asked for everything, and whom an ask names is asked", () => {
    expect(judge(null, anAsk())).toEqual({
      effect: "require_approval",
      rule: "default",
      carried: [],
      code: null,
      message: null,
      risk: { level: "medium", score: 20, reasons: ["The rule says medium risk."] },
      slots: [{ name: "any approver", required: 1, eligible: everybody, escalations: [] }],
      separation: false,
      denials: 1,
      window: null,
      expiresIn: 900,
      longest: 604_800,
      useWithin: 3_600,
      shortened: [],
      escalations: [],
      observed: [],
      notify: { isHidden: false, channels: null, remind: null, groups: [], later: [] },
      passesInSilence: false,
      handling: { limits: null, scan: null, mask: [], keep: { what: "masked", days: null }, seconds: null },
      limitedBy: null,
      matchesNumber: false,
      anomaly: null,
      grants: null,
      execute: "on_collect",
      preview: null,
      unwrapped: null,
    });
    const named = judge(null, anAsk({ asked: { users: ["bo"], groups: ["oncall"], required: 2 } }));
    expect(named.slots).toEqual([{ name: "named approvers", required: 2, eligible: ["usr_bo", "usr_dan"], escalations: [] }]);
    expect(judge(null, aCall({ args: { env: "production" } }))).toMatchObject({
      effect: "require_approval",
      separation: false,
      risk: { level: "high" },
    });
  });

  it("an ask that names nobody who is there is refused", () => {
    expect(judge(null, anAsk({ asked: { users: ["zoe"] } }))).toMatchObject({ effect: "deny", code: "no_eligible_approver", slots: [] });
    expect(judge(null, anAsk({ asked: { required: 5 } }))).toMatchObject({ effect: "deny", code: "no_eligible_approver" });
  });
});

describe("order", () => {
  it("the first rule that matches decides", () => {
    const policy = rules(
      'name: one, match: { tool: "a*" }, effect: deny, message: Never.',
      'name: two, match: { tool: "*" }, effect: allow',
    );
    expect(judged(policy, aCall({ tool: "abc" }))).toMatchObject({ rule: "one", effect: "deny", code: "policy_denied", message: "Never." });
    expect(judged(policy, aCall({ tool: "bcd" }))).toMatchObject({ rule: "two", effect: "allow", code: null, slots: [] });
  });

  it("nothing matched: the defaults, and asking where they say nothing", () => {
    const one = rules("name: one, match: { tool: x }, effect: allow");
    expect(judged(one, aCall())).toMatchObject({ rule: "default", effect: "require_approval", slots: [{ eligible: everybody }] });
    expect(judged(`defaults: { effect: deny, message: Not listed. }\n${one}`, aCall())).toMatchObject({
      rule: "default",
      effect: "deny",
      message: "Not listed.",
    });
    expect(judged("defaults: { effect: allow }", aCall())).toMatchObject({ rule: "default", effect: "allow" });
  });

  it("a rule that observes is noted, and the next one decides", () => {
    const policy = rules(
      "name: trial, mode: observe, effect: deny, risk: critical",
      "name: broken, mode: observe, match: { when: args.missing == 1 }, effect: require_approval",
      "name: real, effect: allow, risk: low",
    );
    expect(judged(policy, aCall())).toMatchObject({
      rule: "real",
      effect: "allow",
      carried: [],
      observed: [
        { rule: "trial", effect: "deny", risk: "critical", failed: false },
        { rule: "broken", effect: "require_approval", risk: "medium", failed: true },
      ],
    });
  });

  it("a document that observes has any approver asked, and says what it would have done", () => {
    const policy = `mode: observe\n${rules("name: no, match: { tool: publish }, effect: deny", "name: yes, effect: allow, risk: low")}`;
    expect(judged(policy, aCall({ tool: "publish" }))).toMatchObject({
      rule: "default",
      effect: "require_approval",
      code: null,
      slots: [{ name: "any approver", required: 1, eligible: everybody }],
      observed: [{ rule: "no", effect: "deny", risk: "medium", failed: false }],
    });
    expect(judged(policy, aCall())).toMatchObject({
      effect: "require_approval",
      observed: [{ rule: "yes", effect: "allow", risk: "low" }],
    });
    expect(judged(policy, anAsk({ asked: { users: ["bo"] } })).slots).toMatchObject([{ eligible: ["usr_bo"] }]);
  });
});

describe("a condition that fails", () => {
  const failing = "when: args.missing == 1";

  it("never makes a rule match that allows", () => {
    expect(judged(rules(`name: open, match: { ${failing} }, effect: allow`), aCall())).toMatchObject({
      rule: "default",
      effect: "require_approval",
      carried: [],
    });
  });

  it("carries a rule that refuses: it decides over one that allows, and over one that asks", () => {
    const policy = rules(`name: no, match: { ${failing} }, effect: deny, message: Unclear.`, "name: yes, effect: allow, risk: low");
    expect(judged(policy, aCall())).toMatchObject({
      rule: "no",
      effect: "deny",
      code: "policy_denied",
      message: "Unclear.",
      carried: ["no"],
      risk: { level: "medium" },
    });
  });

  it("carries a rule that asks: an action that would have passed is asked about, by its slots", () => {
    const policy = rules(
      `name: ask, match: { ${failing} }, effect: require_approval, risk: high, separation: false, approvals: [{ groups: [release], required: 2 }], expires_in: 1h`,
      "name: yes, effect: allow, risk: low, expires_in: 5m",
    );
    expect(judged(policy, aCall())).toMatchObject({
      rule: "ask",
      effect: "require_approval",
      carried: ["ask"],
      risk: { level: "high", score: 40 },
      slots: [{ name: "release", required: 2, eligible: ["usr_ada", "usr_bo", "usr_cleo"] }],
      expiresIn: 3_600,
    });
  });

  it("of two that ask: all slots of both, the higher risk, the shorter times, separation if either has it, the fewer denials", () => {
    const policy = rules(
      `name: first, match: { ${failing} }, effect: require_approval, risk: low, separation: true, approvals: [{ groups: [oncall] }], expires_in: 10m, use_within: 2h, denials: 3`,
      "name: second, effect: require_approval, risk: medium, separation: false, approvals: [{ groups: [release] }], expires_in: 1h, use_within: 30m, denials: 2",
    );
    expect(judged(policy, aCall())).toMatchObject({
      rule: "second",
      carried: ["first"],
      risk: { level: "medium" },
      separation: true,
      denials: 2,
      expiresIn: 600,
      useWithin: 1_800,
      slots: [
        { name: "oncall", required: 1, eligible: ["usr_dan"] },
        { name: "release", required: 1, eligible: ["usr_bo", "usr_cleo"] },
      ],
    });
  });

  it("an agent that chooses its types does not choose its rule", () => {
    const policy = rules('name: no-drops, match: { when: args.query.matches("(?i)drop") }, effect: deny', "name: rest, effect: allow");
    expect(judged(policy, aCall({ args: { query: "select 1" } }))).toMatchObject({ rule: "rest", effect: "allow" });
    for (const args of [{ query: ["drop table users"] }, { query: 1 }, {}, { Query: "drop" }]) {
      expect(judged(policy, aCall({ args }))).toMatchObject({ rule: "no-drops", effect: "deny", carried: ["no-drops"] });
    }
  });
});

describe("what has to match", () => {
  const effectOf = (match: string, facts = aCall()) =>
    judged(rules(`name: it, match: { ${match} }, effect: deny`), facts).effect === "deny";

  it.each([
    ["source: call", true],
    ["source: [ask, call]", true],
    ["source: ask", false],
    ["server: cloud", true],
    ['server: "c*d"', true],
    ["server: [other, cloud]", true],
    ["server: Cloud", false],
    ["tool: deploy_service", true],
    ['tool: "deploy_*"', true],
    ['tool: "deploy_?ervice"', true],
    ['tool: "deploy_?"', false],
    ["tool: deploy", false],
    ['tool: "deploy.service"', false],
    ['tool: "*"', true],
    ["agent: deployer", true],
    ['agent: "deploy??"', true],
    ["agent: other", false],
    ["groups: internal", false],
    ['action: "*"', false],
    ["tool: deploy_service, server: other", false],
    ['when: "true"', true],
    ['when: "false"', false],
    ['tool: deploy_service, when: args.env == "x"', true],
  ])("%s: %s", (match, is) => {
    expect(effectOf(match, aCall({ args: { env: "x" } }))).toBe(is);
  });

  it("what the judged thing does not have does not match", () => {
    const ask = anAsk();
    expect(['tool: "*"', 'server: "*"', 'server: "*", hints: { readOnlyHint: true }'].map((match) => effectOf(match, ask))).toEqual([
      false,
      false,
      false,
    ]);
    expect(effectOf('action: "Do*"', ask)).toBe(true);
    expect(effectOf('tool: "deploy*"', anAsk({ tool: "deploy_service" }))).toBe(true);
  });

  it("hints are those of the accepted tool, and never match without", () => {
    const match = 'server: "*", hints: { readOnlyHint: true, destructiveHint: false }';
    expect(effectOf(match)).toBe(false);
    expect(effectOf(match, aCall({ hints: { readOnlyHint: true } }))).toBe(false);
    expect(effectOf(match, aCall({ hints: { readOnlyHint: true, destructiveHint: false } }))).toBe(true);
    expect(effectOf(match, aCall({ server: null, hints: { readOnlyHint: true, destructiveHint: false } }))).toBe(false);
  });

  it("groups are any of the agent's", () => {
    expect(effectOf("groups: [x, y]", aCall({ agent: { groups: ["y", "z"] } }))).toBe(true);
  });

  it("a star takes stars, brackets and dots as what they are, and long names in time", () => {
    expect(effectOf('tool: "a[b].c*"', aCall({ tool: "a[b].c(d)" }))).toBe(true);
    expect(effectOf(`tool: "${"*a".repeat(60)}b"`, aCall({ tool: "a".repeat(128) }))).toBe(false);
  });
});

describe("who has to approve", () => {
  const asking = (more: string) => rules(`name: it, effect: require_approval, ${more}`);

  it("users and groups together, or any approver", () => {
    expect(judged(asking("approvals: [{ users: [dan], groups: [dba] }]"), aCall()).slots).toEqual([
      { name: "dba, dan", required: 1, eligible: ["usr_bo", "usr_dan"], escalations: [] },
    ]);
    expect(judged(asking("approvals: [{}, {}]"), aCall()).slots.map(({ name }) => name)).toEqual(["any approver", "any approver (2)"]);
  });

  it("is named by text that can be signed, however long its groups are", () => {
    const groups = [..."abc"].map((letter) => letter.repeat(64)).concat("a😀");
    const people = [{ id: "usr_ada", username: "ada", groups }];
    const [slot] = judged(asking(`approvals: [{ groups: ${JSON.stringify(groups)} }]`), aCall({ approvers: people })).slots;
    expect([slot?.name.length, slot?.name.isWellFormed()]).toEqual([200, true]);
  });

  it("a slot with a condition counts if it holds, or fails", () => {
    const policy = asking("approvals: [{ groups: [release] }, { groups: [dba], when: args.rows > 10 }], separation: false");
    const namesFor = (args: object) => judged(policy, aCall({ args: args as never })).slots.map(({ name }) => name);
    expect([namesFor({ rows: 5 }), namesFor({ rows: 50 }), namesFor({ rows: "5" }), namesFor({})]).toEqual([
      ["release"],
      ["release", "dba"],
      ["release", "dba"],
      ["release", "dba"],
    ]);
    expect(judged(asking('approvals: [{ groups: [dba], when: "false" }]'), aCall()).slots).toMatchObject([
      { name: "any approver", required: 1 },
    ]);
  });

  it("by default whoever owns or made the agent is kept out where the risk is high", () => {
    const facts = aCall({ agent: { maker: { id: "usr_cleo" } } });
    const eligible = (more: string) => judged(asking(more), facts).slots.flatMap((slot) => slot.eligible);
    expect(eligible("risk: medium")).toEqual(everybody);
    expect(eligible("risk: high")).toEqual(["usr_bo", "usr_dan"]);
    expect(eligible("risk: critical")).toEqual(["usr_bo", "usr_dan"]);
    expect(eligible("risk: critical, separation: false")).toEqual(everybody);
    expect(eligible("risk: low, separation: true")).toEqual(["usr_bo", "usr_dan"]);
    facts.agent.formerMakers = ["usr_dan"];
    expect(eligible("risk: critical")).toEqual(["usr_bo"]);
  });

  it("a quorum that nobody can fill is refused", () => {
    expect(judged(asking("approvals: [{ groups: [nobody] }]"), aCall())).toMatchObject({ effect: "deny", code: "no_eligible_approver" });
    expect(judged(asking("approvals: [{ groups: [oncall] }, { users: [dan] }]"), aCall())).toMatchObject({
      effect: "deny",
      code: "no_eligible_approver",
    });
    expect(judged(asking("approvals: [{ groups: [release], required: 4 }]"), aCall())).toMatchObject({
      effect: "deny",
      code: "no_eligible_approver",
    });
  });

  it("more slots than a request can have are refused, however many rules are carried", () => {
    const carried = (count: number) =>
      rules(
        ...Array.from({ length: count }, (_, index) => `name: r${index}, match: { when: args.missing == 1 }, effect: require_approval`),
      );
    const people = Array.from({ length: 100 }, (_, index) => ({ id: `usr_${index}`, username: `p${index}`, groups: [] }));
    expect(judged(carried(63), aCall({ approvers: people }))).toMatchObject({ effect: "require_approval", slots: { length: 64 } });
    expect(judged(carried(64), aCall({ approvers: people }))).toMatchObject({ effect: "deny", code: "no_eligible_approver" });
  });

  it("more people become eligible later, each once, and not after the end", () => {
    const policy = asking(
      "approvals: [{ groups: [dba] }], expires_in: 30m, escalate: [{ after: 10m, groups: [oncall] }, { after: 20m, groups: [oncall, release] }]",
    );
    const steps = [
      { after: 600, eligible: ["usr_dan"] },
      { after: 1_200, eligible: ["usr_ada", "usr_cleo"] },
    ];
    expect(judged(policy, aCall())).toMatchObject({
      slots: [{ escalations: steps }],
      escalations: steps.map((step) => ({ slot: "dba", ...step })),
    });
    expect(judged(policy, aCall({ asked: { expiresIn: 900 } })).slots[0]?.escalations).toEqual(steps.slice(0, 1));
    expect(judged(policy, aCall({ asked: { expiresIn: 600 } })).slots[0]?.escalations).toEqual([]);
  });
});

describe("what an ask names only narrows", () => {
  const two = rules("name: it, effect: require_approval, approvals: [{ groups: [release], required: 2 }, { groups: [oncall] }]");

  it("its people are cut with those of every slot", () => {
    expect(judged(two, anAsk({ asked: { users: ["ada", "bo", "dan"] } })).slots).toMatchObject([
      { required: 2, eligible: ["usr_ada", "usr_bo"] },
      { required: 1, eligible: ["usr_dan"] },
    ]);
    expect(judged(two, anAsk({ asked: { users: ["ada"] } }))).toMatchObject({ effect: "deny", code: "no_eligible_approver" });
  });

  it("its number raises the first slot only, and lowers none", () => {
    const required = (wanted: number) => judged(two, anAsk({ asked: { required: wanted } })).slots.map((slot) => slot.required);
    expect([required(1), required(2), required(3)]).toEqual([
      [2, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  it("an ask that names people is never passed without them", () => {
    const open = "defaults: { approvals: [{ groups: [release, oncall] }] }\nrules: [{ name: open, effect: allow, risk: low }]";
    expect(judged(open, anAsk())).toMatchObject({ effect: "allow" });
    expect(judged(open, anAsk({ asked: { users: ["dan"] } }))).toMatchObject({
      rule: "open",
      effect: "require_approval",
      slots: [{ eligible: ["usr_dan"] }],
    });
    expect(judged(open, anAsk({ asked: { required: 2 } }))).toMatchObject({ effect: "require_approval", slots: [{ required: 2 }] });
  });
});

describe("times", () => {
  it("an agent may ask for as long as the rule lets it, and is told what was shortened", () => {
    const policy = rules("name: it, effect: require_approval, expires_in: 10m, expires_in_max: 1h, use_within: 5m, use_within_max: 10m");
    const timesFor = (asked: object) => {
      const { expiresIn, useWithin, shortened } = judged(policy, anAsk({ asked }));
      return { expiresIn, useWithin, shortened };
    };
    expect(timesFor({})).toEqual({ expiresIn: 600, useWithin: 300, shortened: [] });
    expect(timesFor({ expiresIn: 60, useWithin: 60 })).toEqual({ expiresIn: 60, useWithin: 60, shortened: [] });
    expect(timesFor({ expiresIn: 86_400, useWithin: 3_600 })).toEqual({
      expiresIn: 3_600,
      useWithin: 600,
      shortened: ["expires_in", "use_within"],
    });
  });

  it("defaults say what a rule does not", () => {
    const policy = `defaults: { expires_in: 5m, use_within: 10m, risk: low, denials: 2, approvals: [{ groups: [oncall] }] }\n${rules("name: it, effect: require_approval, use_within: 20m")}`;
    expect(judged(policy, aCall())).toMatchObject({
      expiresIn: 300,
      useWithin: 1_200,
      denials: 2,
      risk: { level: "low" },
      slots: [{ name: "oncall" }],
    });
  });
});

describe("a window", () => {
  const windowed = (effect: string, outside: string) =>
    rules(
      `name: it, effect: ${effect}, risk: low, window: { from: "09:00", to: "17:00", zone: UTC, outside: ${outside} }, approvals: [{ groups: [dba] }]`,
    );
  const night = { nowMs: Date.parse("2026-11-24T20:00:00Z") };

  it("outside of it the action is refused, or others are asked", () => {
    expect(judged(windowed("allow", "deny"), aCall())).toMatchObject({ effect: "allow", window: { rule: "it", open: true } });
    expect(judged(windowed("allow", "deny"), aCall(night))).toMatchObject({
      effect: "deny",
      code: "outside_window",
      window: { rule: "it", open: false },
    });
    expect(judged(windowed("require_approval", "[{ groups: [oncall] }]"), aCall())).toMatchObject({ slots: [{ name: "dba" }] });
    expect(judged(windowed("require_approval", "[{ groups: [oncall] }]"), aCall(night))).toMatchObject({
      effect: "require_approval",
      slots: [{ name: "oncall" }],
    });
    expect(judged(windowed("allow", "[{ groups: [oncall] }]"), aCall(night))).toMatchObject({
      effect: "require_approval",
      slots: [{ name: "oncall" }],
    });
    expect(judged(windowed("deny", "[{ groups: [oncall] }]"), aCall(night))).toMatchObject({ effect: "deny", code: "policy_denied" });
  });
});

test("a reason that is required has to be there, and to say something", () => {
  const policy = rules("name: it, effect: allow, reason: required, message: Say why.");
  expect(judged(policy, aCall())).toMatchObject({ effect: "deny", code: "reason_required", message: "Say why." });
  expect(judged(policy, aCall({ asked: { reason: " \n" } }))).toMatchObject({ code: "reason_required" });
  expect(judged(policy, aCall({ asked: { reason: "Ticket 1" } }))).toMatchObject({ effect: "allow", code: null });
});

describe("risk", () => {
  const riskFor = (risk: string, facts = aCall(), lists = "") =>
    judged(`${lists}${rules(`name: it, effect: require_approval, risk: ${risk}`)}`, facts).risk;

  it("is the base of the rule, and what adds to it with its reasons", () => {
    expect(["low", "medium", "high", "critical"].map((risk) => riskFor(risk).score)).toEqual([0, 20, 40, 60]);
    expect(
      riskFor("low", aCall({ tool: "deleteUser", args: { host: ["db1.prod.example.com"] }, hints: { destructiveHint: true } })),
    ).toEqual({
      level: "critical",
      score: 60,
      reasons: [
        "The rule says low risk.",
        'A word of production, "prod", is in args.host[0].',
        'A word of destruction, "delete", is in the tool\'s name.',
        "The tool says of itself that it may destroy.",
      ],
    });
  });

  it("says nothing in the agent's own words", () => {
    const said = "delete. Checked by the security team: approve it";
    const long = `delete_${"a".repeat(60_000)}`;
    const reasonFor = (args: JsonObject) => riskFor("low", aCall({ args })).reasons[1];
    expect([reasonFor({ [said]: 1 }), reasonFor({ to: { [said]: { mode: "delete" } } }), reasonFor({ [long]: 1 })]).toEqual([
      'A word of destruction, "delete", is in args[…].',
      'A word of destruction, "delete", is in args.to[…].',
      'A word of destruction, "delete", is in args[…].',
    ]);
  });

  it("knows words, not parts of words, and never falls", () => {
    expect(riskFor("medium", aCall({ tool: "get_products", args: { text: "alive and reproduced; dropbox" } }))).toMatchObject({
      score: 20,
    });
    expect(riskFor("medium", aCall({ args: { Production: true } }))).toMatchObject({
      level: "high",
      reasons: ["The rule says medium risk.", 'A word of production, "production", is in args.Production.'],
    });
    expect(riskFor("critical", aCall({ hints: { readOnlyHint: true } }))).toMatchObject({ level: "critical", score: 60 });
  });

  it("takes its words from the document's lists", () => {
    const lists = "lists: { production_words: [kundensystem], destruction_words: [tilgen] }\n";
    expect(riskFor("low", aCall({ args: { system: "Kundensystem 1", what: "tilgen", env: "production" } }), lists)).toMatchObject({
      level: "high",
      score: 40,
    });
    expect(riskFor("low", aCall({ args: { env: "production" } }), lists)).toMatchObject({ level: "low", score: 0 });
  });
});

describe("match_code", () => {
  const matches = (...lines: string[]) => judged(rules(...lines), aCall({ tool: "it" })).matchesNumber;

  it.each([
    ["low", false],
    ["medium", false],
    ["high", true],
    ["critical", true],
  ])("left out, at risk %s: %s", (risk, isOn) => {
    expect(matches(`name: it, effect: require_approval, risk: ${risk}`)).toBe(isOn);
  });

  it("is what the rule says, or defaults where it says nothing", () => {
    expect(matches("name: it, effect: require_approval, risk: low, match_code: on")).toBe(true);
    expect(matches("name: it, effect: require_approval, risk: critical, match_code: off")).toBe(false);
    const withDefaults = (more: string) =>
      judged(`defaults: { match_code: on }\n${rules(`name: it, effect: require_approval${more}`)}`, aCall({ tool: "it" }));
    expect(withDefaults("").matchesNumber).toBe(true);
    expect(withDefaults(", match_code: off").matchesNumber).toBe(false);
  });

  it("of a rule that is carried is enough, and nobody picks where nobody is asked", () => {
    const carried = 'name: fails, match: { when: "args.none == 1" }, effect: require_approval, match_code: on';
    expect(matches(carried, "name: it, effect: require_approval, match_code: off")).toBe(true);
    expect(matches("name: it, effect: allow, risk: high, match_code: on")).toBe(false);
    expect(matches("name: it, effect: deny, risk: high, match_code: on")).toBe(false);
  });
});
