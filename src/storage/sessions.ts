/** Sessions of people in D1. A session is only as good as its person and passkey are at the moment of reading. */
import { and, desc, eq, gt, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { NonceSpent } from "#gate/passkeys/spent-nonce.ts";
import type { OpenSession } from "#gate/sessions/own-sessions.ts";
import type { NewSession, SessionEnds } from "#gate/sessions/session.ts";
import type { StoredSession } from "#gate/sessions/whose-session.ts";
import { guessesOf, refusalsOfSession } from "./failures.ts";
import { primary } from "./primary.ts";
import { gate, passkey, person, session, spentNonce } from "./schema.ts";

/**
 * The session of this token hash, if its passkey still stands, with its refusals and wrong guesses within `minute` (`minuteOf`); null if there is none.
 * Its age is the caller's to judge.
 */
export async function sessionByTokenHash(d1: D1Database, tokenHash: string, minute: number): Promise<StoredSession | null> {
  const row = await primary(d1)
    .select({
      id: person.id,
      username: person.username,
      displayName: person.displayName,
      roles: person.roles,
      groups: person.groups,
      credentialId: session.credentialId,
      createdAt: session.createdAt,
      lastSeenAt: session.lastSeenAt,
      refusals: refusalsOfSession(session.tokenHash, minute),
      guesses: guessesOf(session.tokenHash, minute),
      everythingStoppedAt: sql<string | null>`(select ${gate.stoppedAt} from ${gate})`,
      hasChannels: sql<boolean>`(select ${gate.channels} > 0 from ${gate})`.mapWith(Boolean),
    })
    .from(session)
    .innerJoin(person, eq(person.id, session.personId))
    .innerJoin(passkey, and(eq(passkey.credentialId, session.credentialId), eq(passkey.personId, session.personId)))
    .where(and(eq(session.tokenHash, tokenHash), isNull(passkey.revokedAt)))
    .get();
  if (row === undefined) return null;
  const { credentialId, createdAt, lastSeenAt, refusals, guesses, everythingStoppedAt, hasChannels, ...who } = row;
  return { person: who, credentialId, createdAt, lastSeenAt, refusals, guesses, everythingStoppedAt, hasChannels };
}

/**
 * Opens a session in one batch with all that goes with it: the nonce is spent, and what has outlived its use removed. A nonce that
 * is spent already is refused, by its constraint, and nothing is written.
 */
export async function openSession(d1: D1Database, opened: NewSession): Promise<Result<null, NonceSpent>> {
  const database = drizzle(d1);
  const { tokenHash, personId, credentialId, at, spends, over } = opened;
  try {
    await database.batch([
      database.insert(session).values({ tokenHash, personId, credentialId, createdAt: at, lastSeenAt: at }),
      database.delete(session).where(or(lte(session.lastSeenAt, over.idleSince), lte(session.createdAt, over.openedAt))),
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

/** The person's sessions that are not over and whose passkey stands, the one used last first. */
export const sessionsOf = (d1: D1Database, personId: string, over: SessionEnds): Promise<OpenSession[]> =>
  primary(d1)
    .select({
      tokenHash: session.tokenHash,
      credentialId: session.credentialId,
      createdAt: session.createdAt,
      lastSeenAt: session.lastSeenAt,
    })
    .from(session)
    .innerJoin(passkey, and(eq(passkey.credentialId, session.credentialId), isNull(passkey.revokedAt)))
    .where(and(eq(session.personId, personId), gt(session.lastSeenAt, over.idleSince), gt(session.createdAt, over.openedAt)))
    .orderBy(desc(session.lastSeenAt), desc(session.createdAt))
    .all();

/** Ends the person's session whose token's hash begins with these digits; false if they have none. */
export async function deleteOwnSession(d1: D1Database, personId: string, hashBegins: string): Promise<boolean> {
  const isIt = sql`substr(${session.tokenHash}, 1, ${hashBegins.length}) = ${hashBegins}`;
  const ended = await drizzle(d1)
    .delete(session)
    .where(and(eq(session.personId, personId), isIt))
    .returning({ personId: session.personId });
  return ended.length > 0;
}

/** Ends the person's sessions but that of this token hash. */
export async function deleteOtherSessions(d1: D1Database, personId: string, tokenHash: string): Promise<void> {
  await drizzle(d1)
    .delete(session)
    .where(and(eq(session.personId, personId), ne(session.tokenHash, tokenHash)));
}

/** Ends all sessions of the person. */
export async function deleteAllSessions(d1: D1Database, personId: string): Promise<void> {
  await drizzle(d1).delete(session).where(eq(session.personId, personId));
}
