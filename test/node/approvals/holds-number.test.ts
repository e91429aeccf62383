/** Whether an answer brings the number onto the page where it is picked. */
import { expect, test } from "vitest";
import { holdsNumber } from "#rules/talk/number-match.ts";

test.each([
  "42",
  "It is 42.",
  "4 2",
  "4-2",
  "4 – 2",
  "4\u22122",
  "4\u00a02",
  "4\n2",
  "4\u200b2",
  "4\u200b \u200b2",
  "\uff14\uff12",
  "hosts 3 42 and 7",
  "3 4 2 7",
  "2026-42-01",
  "v42b",
  "0.42",
])("%j holds 42", (text) => {
  expect(holdsNumber(text, "42")).toBe(true);
});

test.each(["", "1420", "420", "142", "14 20", "4 and 2", "24", "2-4", "forty-two", "4.2", "4 1 2"])("%j does not", (text) => {
  expect(holdsNumber(text, "42")).toBe(false);
});
