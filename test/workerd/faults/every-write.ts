/** Every write on the way of a verb fails, in every way; whoever comes by next finishes it, and nobody is told what is not so. */
import { describe, expect, it } from "vitest";
import { oneIn } from "#test/support/every-case.ts";
import { type Fault, withFaults } from "./fault-plan.ts";
import { faultsOf } from "./faults-of.ts";
import { finish, FINISHERS, forget, provedBy, service, type Verb } from "./journeys.ts";

interface Case {
  fault: Fault;
  by: string;
}
/** Every way in which this verb's writes can fail, with everybody who can come by after: for a twin, with one of them, each in turn. */
function casesOf(verb: Verb): Case[] {
  const all = everyCaseOf(verb);
  if (verb.twin !== true) return all;
  return Array.from({ length: all.length / BY.length }, (_, turn) =>
    oneIn(BY.length, all.slice(turn * BY.length, (turn + 1) * BY.length), turn),
  ).flat();
}
const BY = Object.keys(FINISHERS);
const everyCaseOf = (verb: Verb): Case[] =>
  // The Worker calls the approval and keeps nothing; all else is written by an object, which may die of it.
  faultsOf(verb.writes, (name) => !name.endsWith("of the approval")).flatMap((fault) => BY.map((by) => ({ fault, by })));

/** Tests of these verbs, each on a service of its own. */
export function everyWriteFails(verbs: Verb[]): void {
  const cast = service();

  describe.each(verbs)("$name", (verb) => {
    it("writes this, in this order", async () => {
      const { act } = await verb.prepare(cast());
      const { done, seen } = await withFaults([], async (plan) => {
        const answer = await act();
        // The answer to a person or a reader does not wait for a slow log.
        await expect.poll(() => plan.seen.length).toBeGreaterThanOrEqual(verb.writes.length);
        return answer;
      });
      expect(done).toEqual(verb.first);
      expect(seen.map(({ name }) => name)).toEqual(verb.writes);
      expect(seen.filter(({ mortal }) => !mortal).every(({ name }) => name.endsWith("of the approval"))).toBe(true);
    });

    it("survives every failure of each", async () => {
      const cases = await Promise.all(casesOf(verb).map(async (one) => ({ ...one, prepared: await verb.prepare(cast()) })));
      for (const { fault, by, prepared } of cases) {
        const { done, struck } = await withFaults([fault], async (plan) => {
          const answer = await prepared.act();
          await expect.poll(() => plan.struck).toHaveLength(1);
          return answer;
        });
        const what = `${struck.join()}, answered ${done.join(" ")}; then ${by} comes by`;
        expect(struck, what).toHaveLength(1);
        await forget(prepared.id, cast());
        await finish(cast(), verb, prepared, by)
          // One receipt for each way to fail: they cost more than all the rest.
          .then(() => (by === "the alarm" ? provedBy(cast(), verb, prepared.id) : undefined))
          .catch((error: unknown) => {
            throw new Error(what, { cause: error });
          });
      }
    });
  });
}
