/** What the policy's page says of texts: where they differ, what would change, and what may be typed where. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ruleDifference } from "#gate/policies/rule-difference.ts";
import type { View } from "#pages/kit/view.ts";
import { wordsAt } from "#pages/policies/browser/editor/completion.ts";
import { typedPlace } from "#pages/policies/browser/editor/place.ts";
import { lineDifferenceView, ruleDifferenceView } from "#pages/policies/difference-view.ts";
import { findingsText, findingsView } from "#pages/policies/findings-view.ts";
import { lineDifference } from "#pages/policies/line-difference.ts";
import { replayText } from "#pages/policies/replay-view.ts";

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const signs = { same: " ", removed: "-", added: "+" } as const;
const compared = (before: string, after: string): string[] =>
  lineDifference(before, after).map(({ kind, text }) => `${signs[kind]}${text}`);

describe("lines", () => {
  test("that are gone stand before those that are new in their place", () => {
    expect(compared("a\nb\nc\nd\n", "a\nx\nc\nd\ny\n")).toEqual([" a", "-b", "+x", " c", " d", "+y"]);
    expect(compared("", "a\nb\n")).toEqual(["+a", "+b"]);
    expect(compared("a\n", "")).toEqual(["-a"]);
    expect(compared("a\n", "a")).toEqual([" a"]);
    expect(lineDifference("a\nb", "b\nc").map(({ before, after }) => [before, after])).toEqual([
      [1, null],
      [2, 1],
      [null, 2],
    ]);
  });

  test("give both texts back, and as few as possible are said to differ", () => {
    const some = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });
    const longestCommon = (one: string[], other: string[]): number => {
      const [[a, ...as], [b, ...bs]] = [one, other];
      if (a === undefined || b === undefined) return 0;
      if (a === b) return 1 + longestCommon(as, bs);
      return Math.max(longestCommon(as, other), longestCommon(one, bs));
    };
    fc.assert(
      fc.property(some, some, (before, after) => {
        const lines = lineDifference(before.join("\n"), after.join("\n"));
        expect(lines.filter(({ kind }) => kind !== "added").map(({ text }) => text)).toEqual(before);
        expect(lines.filter(({ kind }) => kind !== "removed").map(({ text }) => text)).toEqual(after);
        expect(lines.filter(({ kind }) => kind === "same")).toHaveLength(longestCommon(before, after));
      }),
    );
  });

  test("of long texts that have nothing in common are compared in a moment", () => {
    const long = (mark: string) => Array.from({ length: 10_000 }, (_, index) => `${mark}${index}`).join("\n");
    expect(lineDifference(long("a"), long("b"))).toHaveLength(20_000);
  });

  test("that stay far from a change are counted, not shown", () => {
    const many = Array.from({ length: 20 }, (_, index) => `line ${index}`).join("\n");
    const shown = textOf(lineDifferenceView(many, `${many}\nnew`, "What changes"));
    expect(shown).toContain("17 lines the same");
    expect(shown).toContain("+newnew");
    expect(textOf(lineDifferenceView("a", "a", "What changes"))).toBe("Not a line differs.");
  });
});

describe("rules", () => {
  const rule = (name: string, more: object = {}) => ({ name, effect: "deny" as const, ...more });
  const policy = (...rules: ReturnType<typeof rule>[]) => ({ type: "countersign/policy@v1" as const, rules });

  test("are compared by their names", () => {
    const difference = ruleDifference(policy(rule("a"), rule("b"), rule("c")), policy(rule("c"), rule("b", { message: "no" }), rule("d")));
    expect(difference).toEqual({
      added: ["d"],
      removed: ["a"],
      changed: [{ rule: "b", members: ["message"] }],
      reordered: true,
      other: [],
    });
    expect(textOf(ruleDifferenceView(difference, 3))).toBe(
      "Against version 3:New: dGone: aChanged: b (message)Rules stand in another order, and the first that matches decides",
    );
    expect(textOf(ruleDifferenceView(ruleDifference(null, policy()), 0))).toBe("This decides the same as what holds without a policy.");
    expect(ruleDifference(policy(), { ...policy(), mode: "observe" }).other).toEqual(["mode"]);
  });
});

describe("what is said", () => {
  const finding = (level: "error" | "warning") => ({
    level,
    code: "bad_value",
    line: 2,
    column: 3,
    path: "",
    message: "this\u202e",
    hint: "do",
  });

  test("of findings, each with its line", () => {
    expect(findingsText([])).toBe("Nothing is wrong with this policy.");
    expect(findingsText([finding("warning")])).toBe("This policy may be published, with 1 warning.");
    expect(findingsText([finding("error"), finding("error")])).toBe("This policy cannot be published: 2 errors, no warnings.");
    const said = textOf(findingsView([finding("error")], "a\n  b\u200b: c\n", false));
    expect(said).toContain("Error Line 2, column 3");
    expect(said).toContain("U+202E");
    expect(said).toContain("U+200B");
  });

  test("of asks of before", () => {
    const said = (lookedAt: number, notLookedAt = 0, changed: never[] = []) => replayText({ lookedAt, notLookedAt, changed });
    expect(said(0)).toBe("There is no ask yet to try this on.");
    expect(said(3)).toBe("Of the last 3 asks, none would have changed.");
    expect(said(1, 2)).toBe(
      "Of the last 1 ask, none would have changed. 2 asks could not be looked at: what was asked for is not kept any more.",
    );
  });
});

describe("what may be typed", () => {
  const known = { groups: ["release"], users: ["alex"], agentGroups: ["bots"] };
  const offered = (before: string) => wordsAt(typedPlace(before), known).map(({ label }) => label);

  test.each([
    ["", "rules"],
    ["defaults:\n  ", "approvals"],
    ["defaults: { ", "expires_in"],
    ["rules:\n  - ", "name"],
    ["rules:\n  - name: a\n    ", "window"],
    ["rules:\n  - name: a\n    match:\n      ", "tool"],
    ["rules:\n  - { name: a, match: { ", "when"],
    ["rules:\n  - name: a\n    approvals: [{ ", "groups"],
    ["rules:\n  - name: a\n    approvals:\n      - ", "required"],
    ["rules:\n- name: a\n  window:\n    ", "zone"],
    ["rules:\n  - name: a\n    effect: ", "require_approval"],
    ["rules:\n  - { name: a, effect: ", "deny"],
    ["rules:\n  - name: a\n    separation: ", "true"],
    ["defaults:\n  approvals: [{ groups: [", "release"],
    ["defaults:\n  approvals: [{ groups: [x, ", "release"],
    ["defaults:\n  approvals:\n    - groups:\n        - ", "release"],
    ["rules:\n  - name: a\n    escalate: [{ users: ", "alex"],
    ["rules:\n  - name: a\n    match: { groups: [", "bots"],
    ["# comment\nrules:\n\n  - name: a # one\n    match: { source: ", "ask"],
  ])("after %j is offered", (before, word) => {
    expect(offered(before)).toContain(word);
  });

  test("a value is no place for keys, and what is unknown offers nothing", () => {
    expect(offered("rules:\n  - effect: ")).not.toContain("name");
    expect(offered("unknown:\n  ")).toEqual([]);
    expect(offered("rules:\n  - name: ")).toEqual([]);
    expect(offered("defaults: { effect: deny }\n")).toContain("rules");
  });

  test("is found for any text", () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."ab:-{}[],\"' \n#") }), (text) => void offered(text)));
  });
});
