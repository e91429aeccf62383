/** Sessions of people in D1. A session is only as good as its person and passkey are at the moment of reading. */
import { and, eq, isNull, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { NonceSpent } from "#gate/passkeys/spent-nonce.ts";
import type { NewSession } from "#gate/sessions/session.ts";
import { primary } from "./primary.ts";
import { passkey, person, session, spentNonce } from "./schema.ts";
import type { Role } from "#countersign/documents/record.ts";

export interface StoredSession {
  person: { id: string; username: string; displayName: string; roles: Role[]; groups: string[] };
  /** The passkey that opened it, b64u. */
  credentialId: string;
  lastSeenAt: string;
}

/** The session of this token hash, if its passkey still stands; null if there is none. Its age is the caller's to judge. */
export async function sessionByTokenHash(d1: D1Database, tokenHash: string): Promise<StoredSession | null> {
  const row = await primary(d1)
    .select({
      id: person.id,
      username: person.username,
      displayName: person.displayName,
      roles: person.roles,
      groups: person.groups,
      credentialId: session.credentialId,
      lastSeenAt: session.lastSeenAt,
    })
    .from(session)
    .innerJoin(person, eq(person.id, session.personId))
    .innerJoin(passkey, and(eq(passkey.credentialId, session.credentialId), eq(passkey.personId, session.personId)))
    .where(and(eq(session.tokenHash, tokenHash), isNull(passkey.revokedAt)))
    .get();
  if (row === undefined) return null;
  const { credentialId, lastSeenAt, ...who } = row;
  return { person: who, credentialId, lastSeenAt };
}

/**
 * Opens a session in one batch with all that goes with it: the nonce is spent, the passkey's counter kept, and what has
 * outlived its use removed. A nonce that is spent already is refused, by its constraint, and nothing is written.
 */
export async function openSession(d1: D1Database, opened: NewSession): Promise<Result<null, NonceSpent>> {
  const database = drizzle(d1);
  const { tokenHash, personId, credentialId, at, signCount, spends, idleSince } = opened;
  try {
    await database.batch([
      database.insert(session).values({ tokenHash, personId, credentialId, createdAt: at, lastSeenAt: at }),
      database
        .update(passkey)
        .set({ signCount })
        .where(and(eq(passkey.credentialId, credentialId), lt(passkey.signCount, signCount))),
      database.delete(session).where(lt(session.lastSeenAt, idleSince)),
      database.delete(spentNonce).where(lt(spentNonce.expiresAt, at)),
      ...spends.map((one) => database.insert(spentNonce).values(one)),
    ]);
    return accept(null);
  } catch (error) {
    if (error instanceof Error && error.message.includes("spent_nonce.nonce")) return refuse({ reason: "nonce-spent" });
    throw error;
  }
}

/** Notes that a session is in use. Never moves the time back. */
export async function touchSession(d1: D1Database, tokenHash: string, now: string): Promise<void> {
  await drizzle(d1)
    .update(session)
    .set({ lastSeenAt: now })
    .where(and(eq(session.tokenHash, tokenHash), lt(session.lastSeenAt, now)));
}

/** Ends a session. */
export async function deleteSession(d1: D1Database, tokenHash: string): Promise<void> {
  await drizzle(d1).delete(session).where(eq(session.tokenHash, tokenHash));
}
