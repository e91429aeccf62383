import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { visible } from "#countersign/cli/visible.ts";

describe("text of strangers on a terminal", () => {
  test.each([
    ["a\nb\tc\u202e", "a ⏎ b ⇥ c[U+202E]"],
    ["log in at pаypal.com", "log in at pаypal.com[look-alikes]"],
    ["pay 1，000", "pay 1，000[look-alikes]"],
    ["col·lecció", "col·[U+00B7]lecció"],
    ["a‧b", "a[U+2027]b"],
    ["ᚠ ꓢꓔꓳꓑ", "[U+16A0] [U+A4E2][U+A4D4][U+A4F3][U+A4D1][look-alikes]"],
  ])("%j", (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test.each([
    ["a code", "x[U+202E]", "x[U+005B]U+202E]"],
    ["that a word is suspect", "pay[look-alikes]", "pay[U+005B]look-alikes]"],
    ["a line's end", "a ⏎ b", "a [U+23CE] b"],
    ["a tab", "a ⇥ b", "a [U+21E5] b"],
  ])("cannot say by itself what only the command says: %s", (_, text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  test("no two texts are printed alike", () => {
    const piece = fc.constantFrom(
      "[U+202E]",
      "\u202e",
      "[",
      "U+202E]",
      "\n",
      " ⏎ ",
      "⏎",
      "\t",
      "⇥",
      "[look-alikes]",
      "pаy",
      "·",
      "[U+00B7]",
      "a",
      " ",
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(visible(one) === visible(other)).toBe(one === other);
      }),
      { numRuns: 3_000 },
    );
  });
});
