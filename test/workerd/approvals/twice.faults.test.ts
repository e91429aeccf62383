/** Failure after failure: of the first try, of whoever comes by, of the second try. In the end all is as if nothing had failed. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Fault, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { DECISIONS, finish, FINISHERS, forget, provedBy, service, USES } from "#test/workerd/faults/journeys.ts";

const cast = service();
const VERBS = [...DECISIONS, ...USES];
const BY = Object.keys(FINISHERS);

/** Two faults in a row: the second while what the first broke is being mended by the same call, if it is. */
const faults = fc.array(
  fc.record<Fault>({ at: fc.nat(6), how: fc.constantFrom("absent", "present"), end: fc.constantFrom("goes on", "dies") }),
  { minLength: 1, maxLength: 2 },
);
const journeys = fc.record({
  verb: fc.constantFrom(...VERBS),
  first: faults,
  visits: fc.array(fc.record({ by: fc.constantFrom(...BY), faults, forgets: fc.boolean() }), { maxLength: 3 }),
  again: faults,
  last: fc.constantFrom(...BY),
});

it("leaves one leaf each, the right answers and a valid receipt", async () => {
  let strikes = 0;
  await fc.assert(
    fc.asyncProperty(journeys, async ({ verb, first, visits, again, last }) => {
      const prepared = await verb.prepare(cast());
      const strike = async (given: Fault[], work: () => Promise<unknown>) => {
        const { struck } = await withFaults(given, work);
        strikes += struck.length;
      };
      await strike(first, prepared.act);
      await forget(prepared.id, cast());
      for (const { by, faults: given, forgets } of visits) {
        await strike(given, async () => FINISHERS[by]?.(cast(), prepared.id).catch(() => undefined));
        if (forgets) await forget(prepared.id, cast());
      }
      await strike(again, prepared.act);
      await finish(cast(), verb, prepared, last);
      await provedBy(cast(), verb, prepared.id);
    }),
    { numRuns: 40 },
  );
  expect(strikes).toBeGreaterThan(45);
});
