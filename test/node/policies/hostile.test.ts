/**
 * Documents that somebody made to keep a reader busy, or to have two readers see two things: refused, or read in bounded work. What
 * bounds it is asserted; the times only say that nothing ran away.
 */
import { describe, expect, it } from "vitest";
import { checkPolicy } from "#countersign/policy/checking/check-policy.ts";
import { compile } from "#countersign/policy/judging/compile.ts";
import { judge } from "#countersign/policy/judging/judge.ts";
import { aCall } from "#test/support/policies/policy-facts.ts";

const TYPE = "type: countersign/policy@v1\n";
const MOST_BYTES = 256 * 1024;
const FAR_TOO_LONG_MS = 60_000;

function said(text: string): string[] {
  const startedMs = Date.now();
  const checked = checkPolicy(text);
  expect(Date.now() - startedMs).toBeLessThan(FAR_TOO_LONG_MS);
  return [...new Set((checked.ok ? checked.value.findings : checked.refusal).map(({ code }) => code))];
}

const repeated = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, index) => make(index)).join("");

describe("refused before anything is made of it", () => {
  it.each([
    ["a byte too many", TYPE.padEnd(MOST_BYTES + 1, "#"), ["too_large"]],
    ["characters of many bytes", `${TYPE}# ${"ü".repeat(MOST_BYTES / 2)}`, ["too_large"]],
    ["lists in lists", `${TYPE}rules: ${"[".repeat(100_000)}`, ["too_deep"]],
    ["lists in lists that end", `${TYPE}rules: ${"[".repeat(500)}${"]".repeat(500)}`, ["too_deep"]],
    ["maps in maps", `${TYPE}rules: ${"{a: ".repeat(400)}1${"}".repeat(400)}`, ["too_deep"]],
    ["maps in maps by lines", TYPE + repeated(60, (depth) => `${" ".repeat(depth)}a:\n`), ["too_deep"]],
    ["lists in lists by dashes", `${TYPE}rules:\n  ${"- ".repeat(300)}a`, ["too_deep"]],
    [
      "aliases that double nine times",
      `${TYPE}lists:\n  a: &a [x, x]\n${repeated(9, (index) => `  b${index}: &b${index} [*${index === 0 ? "a" : `b${index - 1}`}, *${index === 0 ? "a" : `b${index - 1}`}]\n`)}`,
      ["not_plain"],
    ],
    [
      "ten thousand rules",
      `${TYPE}rules:
${repeated(
  10_000,
  (index) => `- {name: r${index}}
`,
)}`,
      ["bad_value"],
    ],
    ["ten thousand unknown keys", TYPE + repeated(10_000, (index) => `key${index}: 1\n`), ["unknown_key"]],
    ["as many keys as there is room for", TYPE + repeated(27_000, (index) => `k${index}: 1\n`), ["unknown_key"]],
    ["as many keys as there is room for, in one line", `${TYPE}lists: {${repeated(18_000, (index) => `k${index}: [1],`)}}`, ["bad_value"]],
    ["one key ten thousand times", TYPE + repeated(10_000, () => "rules: []\n"), ["duplicate_key"]],
    ["a text that never ends", `${TYPE}lists: { a: ["${"a".repeat(100_000)}`, ["not_yaml"]],
  ])("%s", (_, text, codes) => {
    expect(said(text)).toEqual(codes);
  });

  it("says what is wrong so often, and no more often", () => {
    const checked = checkPolicy(TYPE + repeated(10_000, (index) => `key${index}: 1\n`));
    expect(checked.ok ? 0 : checked.refusal.length).toBe(50);
  });
});

describe("read in bounded work", () => {
  it("a thousand rules of a hundred names each are compared so often, and no more often", () => {
    const names = repeated(60, (index) => `"*a${index % 10}b*",`);
    const text = `${TYPE}rules:\n${repeated(400, (index) => `- {name: r${index},effect: deny,match: {tool: [${names}x${index}]}}\n`)}`;
    expect(text.length).toBeLessThan(MOST_BYTES);
    expect(said(text)).toEqual([]);
  });

  it("patterns that are heavy to compile are so many, and no more", () => {
    const pattern = String.raw`\\p{L}{100}`;
    const rules = (count: number) =>
      TYPE +
      "rules:\n" +
      repeated(count, (index) => `- {name: r${index},effect: deny,match: {when: 'args.a${index}.matches("${pattern}")'}}\n`);
    expect(said(rules(10))).toEqual([]);
    expect(said(rules(900))).toEqual(["too_costly"]);
  });

  it.each([
    ["repetitions of repetitions", "(a{30}){30}"],
    ["a repetition that is too long", "a{1000}"],
    ["many repetitions", "a{90}b{90}c{90}d{90}"],
    ["classes of Unicode, repeated", String.raw`\\pL{99}\\pN{99}\\pS{99}`],
  ])("a pattern is refused for what it takes to compile: %s", (_, pattern) => {
    expect(said(`${TYPE}rules: [{ name: a, effect: deny, match: { when: 'args.a.matches("${pattern}")' } }]`)).toEqual(["bad_pattern"]);
  });

  it("a thousand conditions over the largest payload take their steps together, and what is beyond fails: nothing passes by it", () => {
    const rules = repeated(999, (index) => `- {name: r${index},effect: deny,match: {when: 'args.text.contains("b${index}")'}}\n`);
    const checked = checkPolicy(`${TYPE}rules:\n${rules}- {name: last,effect: allow}\n`);
    if (!checked.ok) throw new Error("it is a policy");
    const policy = compile(checked.value.document);
    expect(judge(policy, aCall({ args: { text: "a".repeat(1_000) } }))).toMatchObject({ effect: "allow", rule: "last", carried: [] });
    const judged = judge(policy, aCall({ args: { text: "a".repeat(65_000) } }));
    expect(judged.effect).toBe("deny");
    expect(judged.carried.length).toBeGreaterThan(100);
    expect(judged.carried.length).toBeLessThan(900);
  });

  it("a pattern with many states stays linear in the text", () => {
    const policy = `${TYPE}rules:\n- {name: a, effect: deny, match: {when: 'args.text.matches("(a|b)*a(a|b){80}c")'}}\n- {name: b, effect: allow}\n`;
    const checked = checkPolicy(policy);
    if (!checked.ok) throw new Error("it is a policy");
    const startedMs = Date.now();
    const text = Array.from({ length: 60_000 }, (_, index) => ((index * 2_654_435_761) % 7 < 3 ? "a" : "b")).join("");
    expect(judge(compile(checked.value.document), aCall({ args: { text } }))).toMatchObject({ rule: "b" });
    expect(Date.now() - startedMs).toBeLessThan(FAR_TOO_LONG_MS);
  });
});
