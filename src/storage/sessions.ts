/** Sessions of people in D1. A session is only as good as its person and passkey are at the moment of reading. */
import { and, desc, eq, gt, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { NonceSpent } from "#gate/passkeys/spent-nonce.ts";
import type { OpenSession } from "#gate/sessions/own-sessions.ts";
import type { NewSession, SessionEnds } from "#gate/sessions/session.ts";
import type { StoredSession } from "#gate/sessions/whose-session.ts";
import { prepare } from "./batch-condition.ts";
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
      commandLine: session.commandLine,
      endsAt: session.endsAt,
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
  const { id, username, displayName, roles, groups, ...rest } = row;
  return { person: { id, username, displayName, roles, groups }, ...rest };
}

/**
 * ?1 is the person, ?2 the place, ?3 the end of the messages' ids, ?4 and ?5 type and content, ?6 now: to each confirmed contact of theirs,
 * unless they were seen there. In one batch with writing the place down, so that of two at once one tells.
 */
const TELL_OF_PLACE = `
  INSERT OR IGNORE INTO message (id, channel_id, contact_id, person_id, type, content, state, next_at, created_at)
  SELECT 'msg_' || substr(contact.id, 5) || '_' || ?3, channel_id, id, person_id, ?4, ?5, 'waiting', ?6, ?6
  FROM contact WHERE person_id = ?1 AND confirmed_at IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM sign_in_place WHERE person_id = ?1 AND place = ?2)
  RETURNING id`;
const NOTE_PLACE = `
  INSERT INTO sign_in_place (person_id, place, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at`;

/** Digits of a token's hash that a session is named by, and so may stand in the id of a message. */
const NAMING_DIGITS = 32;

/**
 * Opens a session in one batch with all that goes with it: the nonce is spent, and what has outlived its use removed. A nonce that
 * is spent already is refused, by its constraint, and nothing is written. Typed SQL where what is told is chosen and counted as it is written.
 */
export async function openSession(d1: D1Database, opened: NewSession): Promise<Result<{ told: number }, NonceSpent>> {
  const database = drizzle(d1);
  const { tokenHash, personId, credentialId, at, spends, over, place, told } = opened;
  const messageEnd = tokenHash.slice(0, NAMING_DIGITS);
  try {
    const queries = [
      database.insert(session).values({ tokenHash, personId, credentialId, createdAt: at, lastSeenAt: at }),
      database
        .delete(session)
        .where(or(lte(session.lastSeenAt, over.idleSince), lte(session.createdAt, over.openedAt), lte(session.endsAt, at))),
      database.delete(spentNonce).where(lt(spentNonce.expiresAt, at)),
      ...spends.map((one) => database.insert(spentNonce).values(one)),
    ].map((query) => prepare(d1, query.toSQL()));
    const tells = d1.prepare(TELL_OF_PLACE).bind(personId, place, messageEnd, told.type, JSON.stringify(told), at);
    const results = await d1.batch([...queries, tells, d1.prepare(NOTE_PLACE).bind(personId, place, at)]);
    return accept({ told: results.at(-2)?.results.length ?? 0 });
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
      commandLine: session.commandLine,
      endsAt: session.endsAt,
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
