/** Whoever shares a key is one. */
import { expect, it } from "vitest";
import { countPeople, onePersonAKey } from "#rules/one-person-a-key.ts";

const held = (...pairs: [string, string][]) => pairs.map(([personId, publicKey]) => ({ personId, publicKey }));

it("tells people apart who have keys of their own, however many, and who have none", () => {
  const countsAs = onePersonAKey(held(["a", "1"], ["a", "2"], ["b", "3"]));
  expect(countPeople(["a", "b", "c", "a"], countsAs)).toBe(3);
});

it.each([
  ["directly", held(["a", "1"], ["b", "1"])],
  ["beside others", held(["a", "0"], ["a", "1"], ["b", "2"], ["b", "1"])],
  ["through a third", held(["a", "1"], ["c", "1"], ["c", "2"], ["b", "2"])],
  ["through a third who comes last", held(["a", "1"], ["b", "2"], ["c", "1"], ["c", "2"])],
  ["twice", held(["a", "1"], ["b", "1"], ["b", "2"], ["a", "2"])],
])("takes two who share one for one: %s", (_, keys) => {
  const countsAs = onePersonAKey(keys);
  expect(countsAs("a")).toBe(countsAs("b"));
  expect(countPeople(["a", "b", "z"], countsAs)).toBe(2);
});
