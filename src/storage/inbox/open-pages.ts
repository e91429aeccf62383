/** Who has a page of their inbox open (d1-migrations/0023): found for the requests that changed, and kept by each person's object. Plain SQL: json_each. */
import type { SessionEnds } from "#gate/sessions/session.ts";

/**
 * Who is to be told of a request that the people of this JSON list could decide: those of them who have a page open, and auditors who have.
 * Reads no row if nobody is there. `now`: a parameter.
 */
export const watchersOf = (eligible: string, now: string): string => `
  SELECT open.person_id AS personId FROM json_each(${eligible}) AS one CROSS JOIN inbox_open AS open
  WHERE open.person_id = one.value AND open.until > ${now}
  UNION SELECT person_id FROM inbox_open INDEXED BY inbox_open_of_auditors WHERE audits = 1 AND until > ${now}`;

export interface Watcher {
  personId: string;
}

/**
 * The same of requests (JSON list of their agents, times and ids) that the log has the end of. Whether anybody is there is looked at first;
 * then from the requests to their people, so that it costs as much however many others are there.
 */
export const WATCHERS_OF_ENDED = `
  SELECT open.person_id AS personId FROM json_each(?1) AS ended CROSS JOIN approval ON approval.agent_id = ended.value ->> 0
      AND approval.requested_at = ended.value ->> 1 AND approval.id = ended.value ->> 2
    CROSS JOIN json_each(approval.eligible) AS one CROSS JOIN inbox_open AS open ON open.person_id = one.value
  WHERE EXISTS (SELECT 1 FROM inbox_open WHERE until > ?2) AND open.until > ?2
  UNION SELECT person_id FROM inbox_open INDEXED BY inbox_open_of_auditors WHERE audits = 1 AND until > ?2`;

/** That this person has a page open, until then unless it is said again. */
export async function writeOpen(d1: D1Database, personId: string, isAuditor: boolean, until: string): Promise<void> {
  await d1
    .prepare(
      `INSERT INTO inbox_open (person_id, audits, until) VALUES (?1, ?2, ?3)
       ON CONFLICT DO UPDATE SET audits = excluded.audits, until = excluded.until`,
    )
    .bind(personId, isAuditor ? 1 : 0, until)
    .run();
}

/** That they have none any more. */
export async function deleteOpen(d1: D1Database, personId: string): Promise<void> {
  await d1.prepare("DELETE FROM inbox_open WHERE person_id = ?1").bind(personId).run();
}

export interface StandingSessions {
  /** Hashes of the tokens of the person's sessions that are not over and whose passkey stands. */
  tokenHashes: ReadonlySet<string>;
  roles: readonly string[];
}

/** From the primary; null if there is no session of this person. */
export async function standingSessions(d1: D1Database, personId: string, over: SessionEnds): Promise<StandingSessions | null> {
  const found = await d1
    .withSession("first-primary")
    .prepare(
      `SELECT session.token_hash AS tokenHash, person.roles FROM session
         JOIN person ON person.id = session.person_id
         JOIN passkey ON passkey.credential_id = session.credential_id AND passkey.person_id = session.person_id AND passkey.revoked_at IS NULL
       WHERE session.person_id = ?1 AND session.last_seen_at > ?2 AND session.created_at > ?3`,
    )
    .bind(personId, over.idleSince, over.openedAt)
    .all<{ tokenHash: string; roles: string }>();
  const [first] = found.results;
  if (first === undefined) return null;
  return { tokenHashes: new Set(found.results.map(({ tokenHash }) => tokenHash)), roles: JSON.parse(first.roles) as string[] };
}
