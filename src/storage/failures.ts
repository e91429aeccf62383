/** How often somebody has been refused within this minute. */
import { type Column, type SQL, sql } from "drizzle-orm";

const MINUTE_MS = 60_000;
const MINUTES_KEPT = 60;

/** What is counted by: minutes since the epoch. */
export const minuteOf = (nowMs: number): number => Math.floor(nowMs / MINUTE_MS);

/** Seconds until the minute is over, at least one. */
export const secondsLeft = (nowMs: number): number => Math.ceil(((minuteOf(nowMs) + 1) * MINUTE_MS - nowMs) / 1000);

/** Failures of `subject` in `minute`. */
export async function failuresOf(d1: D1Database, subject: string, minute: number): Promise<number> {
  const query = d1.withSession("first-primary").prepare("SELECT failures FROM failure WHERE subject = ?1 AND minute = ?2");
  return (await query.bind(subject, minute).first<number>("failures")) ?? 0;
}

/** Who calls: what its refused calls are counted under is made of its id, an agent's own or the hash of a session's token. */
const CALLERS = { agent: "agent:", session: "calls:" } as const;
type Calling = keyof typeof CALLERS;

/** What wrong guesses of a session are counted under; `tokenHash` is that of its token. */
const GUESSING = "session:";
export const guessesBy = (tokenHash: string): string => `${GUESSING}${tokenHash}`;

export const callsOf = (calling: Calling, id: string): string => `${CALLERS[calling]}${id}`;

/** Failures of a session's in `minute`, as a column of the query that finds out whose it is: so no call takes a trip more for it. */
export const refusalsOfSession = (tokenHash: Column, minute: number): SQL<number> => countedUnder(CALLERS.session, tokenHash, minute);

/** The same of an agent, in a query that is text and whose parameter `minute` is. */
export const refusalsOfAgent = (minute: "?2"): string =>
  `coalesce((SELECT failures FROM failure WHERE minute = ${minute} AND subject = '${CALLERS.agent}' || agent.id), 0)`;

/** A session's wrong guesses, by the column with the session's token hash. */
export const guessesOf = (tokenHash: Column, minute: number): SQL<number> => countedUnder(GUESSING, tokenHash, minute);

const countedUnder = (prefix: string, id: Column, minute: number): SQL<number> =>
  sql<number>`coalesce((select failures from failure where minute = ${minute} and subject = ${prefix} || ${id}), 0)`;

/**
 * Counts one more, and forgets everybody's of earlier than an hour ago. False, and nothing is counted, if there were `most` already:
 * counted and compared in one statement, so that calls at the same moment cannot pass together, nor write more than `most` rows.
 */
export async function countFailure(d1: D1Database, subject: string, minute: number, most: number): Promise<boolean> {
  const forget = d1.prepare("DELETE FROM failure WHERE minute < ?1").bind(minute - MINUTES_KEPT);
  const count = d1.prepare(
    "INSERT INTO failure (subject, minute, failures) VALUES (?1, ?2, 1) " +
      "ON CONFLICT DO UPDATE SET failures = failures + 1 WHERE failures < ?3 RETURNING failures",
  );
  const [, counted] = await d1.batch([forget, count.bind(subject, minute, most)]);
  return counted?.results.length === 1;
}
