/** Passkeys' counters in D1. What a count means is gate/passkeys/sign-count.ts. */
import { and, eq, isNull, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { logLine } from "#config/log-line.ts";
import type { CounterPorts } from "#gate/passkeys/sign-count.ts";
import { passkey } from "../schema.ts";

export const counterPorts = (d1: D1Database): Omit<CounterPorts, "now"> => ({
  async countOn({ credentialId, signCount, assertionHash }) {
    const database = drizzle(d1);
    const one = eq(passkey.credentialId, credentialId);
    // One transaction: of two assertions with the same count the second reads the first one's.
    const [, [stored]] = await database.batch([
      database
        .update(passkey)
        .set({ signCount, countedAssertion: assertionHash })
        .where(and(one, lt(passkey.signCount, signCount))),
      database.select({ signCount: passkey.signCount, assertionHash: passkey.countedAssertion }).from(passkey).where(one),
    ]);
    return stored?.signCount === signCount && stored.assertionHash === assertionHash;
  },

  async noteCounterBack({ credentialId, personId }, at) {
    await drizzle(d1)
      .update(passkey)
      .set({ counterBackAt: at })
      .where(and(eq(passkey.credentialId, credentialId), isNull(passkey.counterBackAt)));
    logLine("passkey-counter-back", { person: personId });
  },
});
