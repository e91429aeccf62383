/** Ids that only this service can make. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { idempotentSeed, isOwnRequestId, makeRequestId, subjectOf, subjectSeed } from "#rules/request-id.ts";
import { requestId } from "#countersign/documents/words.ts";

const SECRET = new Uint8Array(32).fill(2);
const seeds = fc.uint8Array({ minLength: 16, maxLength: 16 });

it("has a form that never changes", () => {
  expect(makeRequestId(SECRET, new Uint8Array(16))).toBe("apr_AAAAAAAAAAAAAAAAAAAAAOj2JUOrDfld");
});

it("is recognised with the same secret only", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const id = makeRequestId(SECRET, seed);
      expect(requestId(id, "id")).toBe(id);
      expect(isOwnRequestId(SECRET, id)).toBe(true);
      expect(isOwnRequestId(new Uint8Array(32).fill(3), id)).toBe(false);
    }),
  );
});

it("is recognised again, however many others were meanwhile", () => {
  const ids = Array.from({ length: 2_100 }, (_, n) => makeRequestId(SECRET, new Uint8Array(16).fill(n % 256).fill(n >> 8, 0, 1)));
  for (const id of [...ids, ...ids]) expect(isOwnRequestId(SECRET, id)).toBe(true);
  for (const id of ids) expect(isOwnRequestId(new Uint8Array(32).fill(3), id)).toBe(false);
});

it("is not recognised after any change, nor is anything else", () => {
  fc.assert(
    fc.property(seeds, fc.nat({ max: 35 }), fc.constantFrom(..."AbZ09-_=. "), (seed, place, character) => {
      const id = makeRequestId(SECRET, seed);
      const changed = id.slice(0, place) + character + id.slice(place + 1);
      expect(isOwnRequestId(SECRET, changed)).toBe(changed === id);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => !isOwnRequestId(SECRET, text)));
});

it("is the same for the same agent and idempotency key, and no other", () => {
  const seed = (agent: string, key: string) => makeRequestId(SECRET, idempotentSeed(SECRET, agent, key));
  expect(seed("agt_a", "k")).toBe(seed("agt_a", "k"));
  expect(new Set([seed("agt_a", "k"), seed("agt_b", "k"), seed("agt_a", "k2"), seed("agt_a\0k", "")]).size).toBe(4);
});

it("begins alike for the same agent and subject, and for no others, and goes on at random", () => {
  const SUBJECT = new Uint8Array(32).fill(4);
  const made = (agent: string, subject: Uint8Array, byte: number) =>
    makeRequestId(
      SECRET,
      subjectSeed(SECRET, agent, subject, (bytes) => new Uint8Array(bytes).fill(byte)),
    );
  expect(made("agt_a", SUBJECT, 0)).toBe("apr_2Z8hSw_VjIVZAAAAAAAAANQemdf_KF-b");
  expect(subjectOf(made("agt_a", SUBJECT, 0))).toBe(made("agt_a", SUBJECT, 255).slice(0, 16));
  expect(made("agt_a", SUBJECT, 0)).not.toBe(made("agt_a", SUBJECT, 1));
  expect(isOwnRequestId(SECRET, made("agt_a", SUBJECT, 7))).toBe(true);
  const other = new Uint8Array(32).fill(5);
  const ids = [
    made("agt_a", SUBJECT, 0),
    made("agt_b", SUBJECT, 0),
    made("agt_a", other, 0),
    makeRequestId(SECRET, idempotentSeed(SECRET, "agt_a", "k")),
  ];
  expect(new Set(ids.map(subjectOf)).size).toBe(4);
});
