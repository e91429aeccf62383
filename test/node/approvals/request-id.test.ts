/** Ids that only this service can make. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { idempotentSeed, isOwnRequestId, makeRequestId } from "#rules/request-id.ts";
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
