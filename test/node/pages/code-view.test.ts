/** Code in values: what is recognised, that no character comes or goes, where spaces are marked, and digits in threes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AidsAt } from "#pages/kit/value/aids.ts";
import { objectInParts } from "#pages/kit/value/arranged-view.ts";
import { readCode } from "#pages/kit/value/code.ts";
import { groupedViews } from "#pages/kit/value/long-text.ts";
import { exactTextViews, markedSpaces } from "#pages/kit/text-view.ts";
import type { View, ViewElement } from "#pages/kit/view.ts";
import { payloadMarks } from "#rules/reading/payload-marks.ts";
import { anyText } from "#test/support/documents/approval-data.ts";

const textOf = (view: View): string => (typeof view === "string" ? view : view.children.map(textOf).join(""));
const all = (view: View, is: (one: ViewElement) => boolean): ViewElement[] =>
  typeof view === "string" ? [] : [...(is(view) ? [view] : []), ...view.children.flatMap((child) => all(child, is))];
const classOf = ({ attributes }: ViewElement): string => attributes["class"] ?? "";
const toned = (text: string, name = "text"): string[] =>
  (readCode(text, name)?.tints ?? []).map(({ from, to, tone }) => `${tone} ${text.slice(from, to)}`);

describe("is recognised:", () => {
  test.each<[string, string, string | null]>([
    ["SELECT a FROM t", "text", "sql"],
    ["-- first\nUPDATE t SET a = 1;", "text", "sql"],
    ["select id from users where id = 7", "query", "sql"],
    ["Select the best from these offers, where the price is right.", "text", null],
    ["Update the docs and set the version.", "text", null],
    ["Create a table of contents.", "text", null],
    ['{"a":[1,true]}', "text", "json"],
    ["{not json}", "text", null],
    ["#!/bin/sh\necho hi", "text", "shell"],
    ["kubectl -n web get pods", "text", "shell"],
    ["npm test", "command", "shell"],
    ["find out what happened - and tell me", "text", null],
    ["make sure that it works", "text", null],
    ["a: 1\nb:\n  - c\n  - d", "text", "yaml"],
    ["Dear Sam:\nit went well.\nRegards\n Ada", "text", null],
    ["--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b", "text", "diff"],
    ["- one\n- two", "text", null],
  ])("%j of %s: %s", (text, name, language) => {
    expect(readCode(text, name)?.language ?? null).toBe(language);
  });

  test("words, quotations, remarks and names", () => {
    expect(toned("SELECT 'it''s' FROM t -- all")).toEqual(["k SELECT", "s 'it''s'", "k FROM", "r -- all"]);
    expect(toned('if [ -n "$A" ]; then # why', "script")).toEqual(["k if", "n -n", 's "$A"', "k then", "r # why"]);
    expect(toned('{"a":"b","c":null}')).toEqual(['n "a"', 's "b"', 'n "c"', "k null"]);
    expect(toned("a: true\nb:\n  c: 'd' # e")).toEqual(["n a", "k true", "n b", "n c", "s 'd'", "r # e"]);
  });
});

describe("no character comes or goes", () => {
  const code = fc.constantFrom(
    "SELECT a FROM t;\n",
    "DELETE FROM users;\n",
    "-- x\n",
    "/* y",
    "'z'",
    "#!/bin/sh\n",
    "rm -rf /\n",
    "a: 1\n  b: 2\n",
    '{"a":1}',
    "@@ -1 +1 @@\n+a\n-b\n",
    "  ",
    "\t",
    "4000000 EUR",
  );
  const text = fc.array(fc.oneof(code, anyText), { maxLength: 12 }).map((parts) => parts.join(""));

  test("whatever is marked and drawn, it is the text as it is without", () => {
    fc.assert(
      fc.property(text, fc.constantFrom("script", "query", "text", "amount"), (one, name) => {
        const payload = { [name]: one };
        const marks = payloadMarks(payload).map((mark) => ({ ...mark, at: [...mark.at] }));
        const { views } = objectInParts(payload, AidsAt.of({ marks, notes: [], looks: [] }));
        const [shown] = views.flatMap((view) => all(view, (element) => element.tag === "span" && /^text\b/.test(classOf(element))));
        expect(shown === undefined ? "" : textOf(shown)).toBe(exactTextViews(one).map(textOf).join(""));
      }),
    );
  });

  test("what is visible anyway is copied as it is, ends of lines and tabs too", () => {
    const one = "a  b\n\tc = 4000000;\n";
    expect(exactTextViews(one).map(textOf).join("")).toBe(one);
  });

  test("lines have numbers, and one that goes on in the next part has none", () => {
    const query = `SELECT 1;\n${"x".repeat(700)}\nSELECT 2;`;
    const { views } = objectInParts({ query });
    const lines = views.flatMap((view) => all(view, (one) => classOf(one).startsWith("line")));
    expect(lines.filter((one) => classOf(one) === "line")).toHaveLength(3);
    expect(lines.filter((one) => classOf(one) === "line on").length).toBeGreaterThan(0);
    expect(textOf(views[0] ?? "")).toContain("SQL, 3 lines");
  });

  test("a phrase from right to left is in one element of each part, and a long word of two alphabets too", () => {
    const phrase = "שלום עולם ".repeat(20).trim();
    const { views } = objectInParts({ a: { was: phrase, rest: "x".repeat(500) }, b: { is: `а${"b".repeat(700)}`, rest: "x" } });
    const [one, ...others] = views.flatMap((view) => all(view, ({ tag }) => tag === "bdi"));
    expect([one === undefined ? "" : textOf(one), others]).toEqual([phrase, []]);
    const parts = views.flatMap((view) => all(view, (part) => classOf(part) === "part"));
    const words = parts.map((part) => all(part, (word) => classOf(word).startsWith("suspect")).map(textOf));
    expect(words.filter((some) => some.length > 0).map((some) => some.length)).toEqual([1, 1]);
    expect(words.flat().join("")).toBe(`а${"b".repeat(700)}`);
  });

  test("lines of a patch say what they do", () => {
    const diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n c";
    const { views } = objectInParts({ diff });
    expect(views.flatMap((view) => all(view, (one) => classOf(one).startsWith("line"))).map(classOf)).toEqual([
      "line",
      "line",
      "line",
      "line minus",
      "line plus",
      "line",
    ]);
  });
});

test.each<[string, string[]]>([
  ["a b", []],
  ["SELECT a, b FROM t WHERE c = 'd'", []],
  ["kubectl -n web get pods", []],
  ["- one\n  - two", ["  "]],
  ["a  b", ["  "]],
  [" a ", [" ", " "]],
  ["a \nb", [" "]],
  ["a\n b", [" "]],
  ["a- b", [" "]],
  [`${"x".repeat(40)} y`, [" "]],
  ["(1), (2)", [" "]],
  ["שלום עולם", []],
  ["مرحبا بكم", []],
  ["שלום  עולם ", ["  ", " "]],
  ["שלום abc", [" "]],
  [`${"א".repeat(40)} ב`, [" "]],
])("spaces that could be overlooked in %j", (text, expected) => {
  expect(markedSpaces(text).map(({ from, to }) => text.slice(from, to))).toEqual(expected);
});

/** A bar where a gap is drawn. */
const grouped = (text: string, before = ""): string =>
  groupedViews(text, before)
    .map((view) => (typeof view === "string" ? view : `|${textOf(view)}`))
    .join("");

test("digits of long whole numbers in threes", () => {
  expect(grouped("4000")).toBe("4000");
  expect(grouped("40000")).toBe("40|000");
  expect(grouped("-1204377 EUR")).toBe("-1|204|377 EUR");
  expect(grouped("1234567.891234")).toBe("1|234|567.891234");
  expect(grouped("891234", ".")).toBe("891234");
  expect(grouped("1,250,000")).toBe("1,250,000");
});
