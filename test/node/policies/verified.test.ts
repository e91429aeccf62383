/** What rules say of evidence: which calls need it, which tools are marked for it, and which servers are told of a receipt. */
import { describe, expect, it } from "vitest";
import { couldVerify } from "#countersign/policy/judging/possible/could-verify.ts";
import { aCall, judged, policyOf } from "#test/support/policies/policy-facts.ts";

const rules = (...lines: string[]) => `rules:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
const FAILING = "match: { when: args.missing == 1 }";
const TOOL = {
  server: "github",
  tool: "delete_branch",
  hints: null,
  agent: { name: "release-bot", groups: [] },
};
const marked = (text: string) => couldVerify(policyOf(text), TOOL);

describe("a call", () => {
  it("needs the evidence that the rule says which decides, whatever its effect", () => {
    for (const effect of ["allow", "require_approval"])
      expect(judged(rules(`name: it, effect: ${effect}, verified_approval: platform`), aCall()).handling.verified).toBe("platform");
    expect(judged(rules("name: it, effect: allow"), aCall()).handling).not.toHaveProperty("verified");
  });

  it("needs the stricter of what several rules say, one whose condition fails among them", () => {
    const both = (first: string, second: string) =>
      judged(rules(`name: a, ${FAILING}, effect: deny, ${first}`, `name: b, effect: allow, ${second}`), aCall()).handling.verified;
    expect(both("verified_approval: platform", "verified_approval: cross-platform")).toBe("cross-platform");
    expect(both("verified_approval: cross-platform", "verified_approval: platform")).toBe("cross-platform");
    expect(both("verified_approval: platform", "risk: low")).toBe("platform");
  });

  it("needs none under a document that only observes", () => {
    expect(judged(`mode: observe\n${rules("name: it, effect: allow, verified_approval: platform")}`, aCall()).handling).not.toHaveProperty(
      "verified",
    );
  });

  it("tells of its receipt where any of them says so", () => {
    expect(judged(rules("name: it, effect: require_approval, evidence: receipt"), aCall()).handling.receipt).toBe(true);
    expect(judged(rules("name: it, effect: require_approval"), aCall()).handling).not.toHaveProperty("receipt");
  });
});

describe("a tool", () => {
  it.each([
    ["a rule that may decide", rules("name: it, effect: allow, verified_approval: platform"), "platform"],
    ["one under a condition", rules("name: it, match: { when: args.n > 1 }, effect: allow, verified_approval: platform"), "platform"],
    [
      "the stricter of two",
      rules(
        "name: a, match: { when: args.n > 1 }, effect: allow, verified_approval: cross-platform",
        "name: b, effect: allow, verified_approval: platform",
      ),
      "cross-platform",
    ],
    [
      "none behind a rule that always decides",
      rules("name: a, effect: allow", "name: b, effect: allow, verified_approval: platform"),
      null,
    ],
    ["none that refuses", rules("name: it, effect: deny, verified_approval: platform"), null],
    ["none of another tool", rules("name: it, match: { tool: other }, effect: allow, verified_approval: platform"), null],
    ["none that only observes", rules("name: it, mode: observe, effect: allow, verified_approval: platform"), null],
    ["nothing under a document that observes", `mode: observe\n${rules("name: it, effect: allow, verified_approval: platform")}`, null],
  ])("is marked by %s", (_what, text, expected) => {
    expect(marked(text)).toBe(expected);
  });

  describe("that calls others is marked by what could be wanted of these", () => {
    const HUB = "name: hub, match: { tool: delete_branch }, effect: require_approval, unwrap: { tool: args.name, args: args.arguments }";
    const PLATFORM = "effect: allow, verified_approval: platform";
    const CROSS = "effect: allow, verified_approval: cross-platform";
    it.each([
      ["a rule about another tool", rules(HUB, `name: it, match: { tool: drop_table }, ${PLATFORM}`), "platform"],
      ["one by hints", rules(HUB, `name: it, match: { server: github, hints: { destructiveHint: true } }, ${PLATFORM}`), "platform"],
      [
        "the strictest of all",
        rules(HUB, `name: a, match: { tool: x }, ${PLATFORM}`, `name: b, match: { tool: y }, ${CROSS}`),
        "cross-platform",
      ],
      ["one before it", rules(`name: it, match: { tool: drop_table }, ${PLATFORM}`, HUB), "platform"],
      [
        "one where it may hold none",
        rules(
          HUB.replace("delete_branch }", "delete_branch, when: has(args.name) }"),
          `name: it, match: { tool: drop_table }, ${PLATFORM}`,
        ),
        "platform",
      ],
      ["its own", rules(`${HUB}, verified_approval: platform`), "platform"],
      ["none of another server", rules(HUB, `name: it, match: { server: gitlab, tool: drop_table }, ${PLATFORM}`), null],
      ["none of another agent", rules(HUB, `name: it, match: { agent: other, tool: drop_table }, ${PLATFORM}`), null],
      ["none behind a rule that takes them all", rules(HUB, "name: all, effect: allow", `name: it, ${PLATFORM}`), null],
      ["none that refuses", rules(HUB, "name: it, match: { tool: x }, effect: deny, verified_approval: platform"), null],
      ["none where its rule only observes", rules(`${HUB}, mode: observe`, `name: it, match: { tool: x }, ${PLATFORM}`), null],
    ])("%s", (_what, text, expected) => {
      expect(marked(text)).toBe(expected);
    });
  });

  it("is not marked while no policy is published", () => {
    expect(couldVerify(null, TOOL)).toBeNull();
  });
});
