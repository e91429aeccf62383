/** Sessions of people in D1. A session is only as good as its person and passkey are at the moment of reading. */
import { and, eq, isNull, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { primary } from "./primary.ts";
import { passkey, person, type Role, session } from "./schema.ts";

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
