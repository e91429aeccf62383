/** Stop tokens in D1 (d1-migrations/0012), one a person. They end with their owner's roles or last passkey, by triggers there. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { primary } from "../primary.ts";
import { person, stopToken } from "../schema.ts";

/** Keeps the hash of a person's token in place of the one before. */
export async function storeStopToken(d1: D1Database, personId: string, tokenHash: string, createdAt: string): Promise<void> {
  const row = { personId, tokenHash, createdAt };
  await drizzle(d1).insert(stopToken).values(row).onConflictDoUpdate({ target: stopToken.personId, set: row });
}

/** Whose token has this hash (SHA-256, hexadecimal); null if it is nobody's. */
export async function ownerOfStopToken(d1: D1Database, tokenHash: string): Promise<{ id: string; username: string } | null> {
  const found = await primary(d1)
    .select({ id: person.id, username: person.username })
    .from(stopToken)
    .innerJoin(person, eq(person.id, stopToken.personId))
    .where(eq(stopToken.tokenHash, tokenHash))
    .get();
  return found ?? null;
}

/** When this person's token was made; null if they have none. */
export async function stopTokenOf(d1: D1Database, personId: string): Promise<string | null> {
  const row = await primary(d1).select({ createdAt: stopToken.createdAt }).from(stopToken).where(eq(stopToken.personId, personId)).get();
  return row?.createdAt ?? null;
}

/** Ends this person's token, if they have one. */
export async function dropStopToken(d1: D1Database, personId: string): Promise<void> {
  await drizzle(d1).delete(stopToken).where(eq(stopToken.personId, personId));
}
