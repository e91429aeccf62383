/** How something was stands before how it will be, whatever their names' order, with what differs marked and nothing left out. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { objectInParts } from "#pages/kit/value/arranged-view.ts";
import { element, type View, type ViewElement } from "#pages/kit/view.ts";
import { anyPayload, anyText } from "#test/support/documents/approval-data.ts";

/** A payload as the approval page shows it. */
const payloadView = (payload: JsonObject): View => element("div", {}, ...objectInParts(payload).views);
const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const all = (view: View, is: (one: ViewElement) => boolean): ViewElement[] =>
  typeof view === "string" ? [] : [...(is(view) ? [view] : []), ...view.children.flatMap((child) => all(child, is))];
const ofClass = (view: View, name: string): ViewElement[] => all(view, ({ attributes }) => attributes["class"] === name);
const ofTag = (view: View, tag: string): string[] => all(view, (one) => one.tag === tag).map(textOf);

/** The names of what stands beside each other, in order. */
const pairsIn = (members: JsonObject): string[][] =>
  ofClass(payloadView(members), "pair").map((pair) => pair.children.flatMap((side) => ofTag(side, "dt").slice(0, 1)));
const changesIn = (before: JsonValue, after: JsonValue): { del: string[]; ins: string[] } => {
  const view = payloadView({ before, after });
  return { del: ofTag(view, "del"), ins: ofTag(view, "ins") };
};

describe("what goes together", () => {
  test.each<[string, JsonObject, string[][]]>([
    ["before and after", { after: 2, before: 1 }, [["before", "after"]]],
    ["with others between", { after: 2, amount: 7, before: 1, zone: "x" }, [["before", "after"]]],
    ["old and new", { new: 2, old: 1 }, [["old", "new"]]],
    ["capitals", { After: 2, Before: 1 }, [["Before", "After"]]],
    ["a part of a name", { new_value: 2, old_value: 1 }, [["old_value", "new_value"]]],
    ["the end of a name", { "size-after": 2, "size-before": 1 }, [["size-before", "size-after"]]],
    [
      "a name in camel case",
      { newValue: 2, oldValue: 1, valueAfter: 3, valueBefore: 4 },
      [
        ["oldValue", "newValue"],
        ["valueBefore", "valueAfter"],
      ],
    ],
    ["from and to, alone", { from: "4.1", to: "4.2" }, [["from", "to"]]],
    ["deep within", { a: [{ b: { after: 2, before: 1 } }] }, [["before", "after"]]],
  ])("%s", (_, members, pairs) => {
    expect(pairsIn(members)).toEqual(pairs);
  });

  test.each<[string, JsonObject]>([
    ["from and to beside an amount, which are two accounts", { amount: 5, from: "DE1", to: "GB2" }],
    ["one without the other", { before: 1, later: 2 }],
    ["words that only begin or end like these", { hold: 1, hnew: 2, afterthought: 1, beforethought: 2, renew: 1, reold: 2 }],
  ])("not %s", (_, members) => {
    expect(pairsIn(members)).toEqual([]);
  });

  test("stands where the first of the two would, everything else in its order", () => {
    expect(ofTag(payloadView({ after: 2, amount: 7, before: 1, a: 0, z: 9 }), "dt")).toEqual(["a", "before", "after", "amount", "z"]);
  });
});

describe("what differs is marked", () => {
  test.each<[string, JsonValue, JsonValue, string[], string[]]>([
    ["numbers", 3, 5, ["3"], ["5"]],
    ["a type", "30", 30, ["30"], ["30"]],
    ["a word of a text", "deploy api now", "deploy web now", ["api"], ["web"]],
    ["a line of a text", "one\ntwo\nthree", "one\nthree", ["two\n"], []],
    ["a member of an object", { a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 } }, ["2"], ["3"]],
    ["a member that comes", { a: 1 }, { a: 1, b: 2 }, [], ["b", "2"]],
    ["an item that goes", [1, 2, 3], [1, 3], ["2"], []],
    ["an item that is another", ["a", "b", "c"], ["a", "x", "c"], ["b"], ["x"]],
    ["an empty text", "", "x", ['""'], ["x"]],
    ["nothing", { a: [1] }, { a: [1] }, [], []],
    ["what cannot be seen", "a\u200bb", "ab", ["aU+200Bb"], ["ab"]],
  ])("%s", (_, before, after, del, ins) => {
    expect(changesIn(before, after)).toEqual({ del, ins });
  });

  test("that both are the same is said", () => {
    expect(textOf(payloadView({ before: 1, after: 1 }))).toContain("Both are the same.");
  });

  test("of any two texts, what is left unmarked is the same", () => {
    const unmarked = (view: View): string =>
      typeof view === "string" ? view : view.tag === "del" || view.tag === "ins" ? "" : view.children.map(unmarked).join("");
    const line = fc.constantFrom("one two", "one  three", "", "x", "a\u202eb", "漢字 a");
    const text = fc.oneof(
      anyText,
      fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n")),
    );
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [was, will] = ofClass(payloadView({ before, after }), "pair")[0]?.children ?? [];
        const value = (side: View | undefined): string => unmarked(all(side ?? "", ({ tag }) => tag === "dd")[0] ?? "");
        // What is empty says so, which is no text of theirs.
        if (before !== "" && after !== "") expect(value(was)).toBe(value(will));
      }),
      { numRuns: 500 },
    );
  });

  test("of any two values, everything is shown as it is without the other", () => {
    fc.assert(
      fc.property(anyPayload, anyPayload, (before, after) => {
        const shown = textOf(payloadView({ before, after }));
        const alone = (value: JsonObject): string => ofTag(payloadView({ x: value }), "dd")[0] ?? "";
        const plain = (value: JsonObject): boolean => pairsIn({ x: value }).length === 0;
        if (plain(before)) expect(shown).toContain(`before${alone(before)}`);
        if (plain(after)) expect(shown).toContain(`after${alone(after)}`);
      }),
    );
  });

  test("of more than can be compared in the time of a request, all that lies between what is the same at both ends", () => {
    const items = (word: string): string[] => [
      "start",
      ...Array.from({ length: 600 }, (_, i) => (i === (word === "a" ? 300 : 301) ? "same" : `${word}${i}`)),
      "end",
    ];
    const { ins } = changesIn(items("a"), items("b"));
    expect([ins.length, ins[0], ins[300], ins.at(-1)]).toEqual([600, "b0", "b300", "b599"]);
    expect(ins).toContain("same");
    const few = (word: string): string[] => items(word).filter((one, i) => i < 100 || one === "same");
    expect(changesIn(few("a"), few("b")).ins).not.toContain("same");
  });
});
