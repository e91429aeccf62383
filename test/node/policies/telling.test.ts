/** What a judgement says of how people hear of it, and of silence. */
import { describe, expect, it } from "vitest";
import { aCall, anAsk, judged } from "#test/support/policies/policy-facts.ts";

describe("how people hear of it", () => {
  it("is what the rule says, and otherwise what the defaults say", () => {
    const policy = `
defaults: { notify: { label: hidden, remind: [5m, 1m] } }
rules:
  - { name: own, match: { tool: deploy_* }, effect: require_approval, approvals: [{ groups: [release] }], escalate: [{ after: 5m, groups: [release, oncall] }], notify: { channels: [chat] } }
`;
    expect(judged(policy, aCall()).notify).toEqual({
      isHidden: false,
      channels: ["chat"],
      remind: null,
      groups: ["release"],
      later: [{ after: 300, groups: ["release", "oncall"] }],
    });
    expect(judged(policy, anAsk()).notify).toEqual({ isHidden: true, channels: null, remind: [300, 60], groups: [], later: [] });
  });

  it("hides the action if any rule that is carried hides it, and tells the channels of all", () => {
    const policy = `
rules:
  - { name: carried, match: { when: args.nothing == 1 }, effect: require_approval, notify: { label: hidden, channels: [one] } }
  - { name: matched, effect: require_approval, notify: { channels: [two, one] } }
`;
    expect(judged(policy, anAsk()).notify).toMatchObject({ isHidden: true, channels: ["one", "two"] });
  });
});

describe("silence", () => {
  const rule = (rest: string) => `rules:\n  - { name: it, effect: require_approval, on_expiry: approve, ${rest} }`;

  it("lets pass what is of low risk", () => {
    expect(judged(rule("risk: low"), anAsk()).passesInSilence).toBe(true);
    for (const expiresIn of [3_600, 7_200])
      expect(judged(rule("risk: low, expires_in: 1h, expires_in_max: 2h"), anAsk({ asked: { expiresIn } })).passesInSilence).toBe(true);
  });

  it.each([
    ["what comes to more than the rule says", rule("risk: low"), anAsk({ args: { env: "production" } })],
    ["what an ask names people for", rule("risk: low"), anAsk({ asked: { users: ["bo"] } })],
    ["what an ask leaves people less time for", rule("risk: low, expires_in: 1h"), anAsk({ asked: { expiresIn: 3_599 } })],
    [
      "what a carried rule does not let pass so",
      `rules:\n  - { name: carried, match: { when: args.nothing == 1 }, effect: require_approval, risk: low }\n  - { name: it, effect: require_approval, on_expiry: approve, risk: low }`,
      anAsk(),
    ],
    ["what passes anyway", "rules:\n  - { name: it, effect: allow, risk: low, on_expiry: approve }", anAsk()],
    ["what is refused", "rules:\n  - { name: it, effect: deny, risk: low, on_expiry: approve }", anAsk()],
    ["what no rule matches", "rules: []", anAsk()],
  ])("means no for %s", (_, policy, facts) => {
    expect(judged(policy, facts).passesInSilence).toBe(false);
  });
});
