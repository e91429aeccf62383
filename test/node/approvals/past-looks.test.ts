/** What is new or out of proportion beside what was approved before. */
import { describe, expect, test } from "vitest";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { looksOf } from "#rules/reading/look/looks.ts";
import { amountIn } from "#rules/reading/look/past-looks.ts";
import { payloadMarks } from "#rules/reading/payload-marks.ts";

const said = (payload: JsonObject, ...past: JsonObject[]): string[] =>
  looksOf(payload, payloadMarks(payload), { action: "pay", past }).map(({ says, shown }) => `${says}: ${shown}`);

describe("an amount", () => {
  test.each<[string, number | null]>([
    ["12", 12],
    ["12.5", 12.5],
    ["12,50", 12.5],
    ["0.125", 0.125],
    ["0,1250", 0.125],
    ["1234.567", 1234.567],
    ["1,234.567", 1234.567],
    ["1.234,5", 1234.5],
    ["1.234.567", 1_234_567],
    ["1'234'567.50", 1_234_567.5],
    [" -3 ", -3],
    ["1,200", null],
    ["12.500", null],
    ["", null],
    ["a lot", null],
  ])("%j is %j", (text, expected) => {
    expect(amountIn(text)).toBe(expected);
  });

  test("is no multiple of the usual by how its fraction is written", () => {
    expect(said({ amount: "0.125" }, { amount: "0.5" })).toEqual([]);
  });

  test("is compared with requests, however many amounts each has", () => {
    const past = { items: [{ amount: 1 }, { amount: 2 }, { amount: 3 }] };
    expect(said({ items: [{ amount: 40 }] }, past)).toEqual(["20 times the usual of the last one approved: 40"]);
  });

  test("is one of as many as a payload holds, beside as many as another one held", () => {
    const many = (amount: number): JsonObject => ({ amount: Array.from({ length: 30_000 }, () => amount) });
    expect(said(many(9), many(1))).toEqual(["9 times the usual of the last one approved: 9", "Not all of it is marked: "]);
    const named = (amount: number): JsonObject => Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`m${i}_amount`, amount]));
    expect(said(named(90), named(10))).toEqual(["9 times the usual of the last one approved: 90", "Not all of it is marked: "]);
  });
});

describe("a recipient is new", () => {
  test("although a text that was approved named it in passing", () => {
    const past = { to: "billing@example.com", note: "Do not send it to eve@evil.example" };
    expect(said({ to: "eve@evil.example", note: "" }, past)).toEqual(["New, not in the last one approved: eve@evil.example"]);
  });

  test("not where it was one before", () => {
    const past = { to: "billing@example.com", cc: "sam@example.com" };
    expect(said({ to: "billing@example.com", cc: "sam@example.com" }, past)).toEqual([]);
    expect(said({ to: "sam@example.com", cc: "billing@example.com" }, past)).toHaveLength(2);
  });
});
