/** What becomes of a person who is erased: the statements for the batch of the leaf, and where a person stands on the way out. Plain SQL, over tables of many rooms. */
import type { Leaving } from "#gate/erasure/erase-person.ts";
import type { ErasureEffect } from "#gate/erasure/erasure-effects.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { authorised, forgetSignaturesOf } from "../proposals.ts";

/** Whether nothing can be done in the name of ?1 by the time ?2: no role, no passkey, no agent, no account that servers are called by. */
const IS_IDLE = `
  EXISTS (SELECT 1 FROM person WHERE id = ?1 AND roles = '[]')
  AND NOT EXISTS (SELECT 1 FROM passkey WHERE person_id = ?1 AND revoked_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM agent WHERE owner = ?1 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > ?2))
  AND NOT EXISTS (SELECT 1 FROM server_grant WHERE owner = ?1 AND connected_at IS NOT NULL AND ended_at IS NULL)`;

/** From the primary; null if nobody confirmed has ever had this id. */
export async function leavingOf(d1: D1Database, personId: string, now: string): Promise<Leaving | null> {
  const query = `SELECT erased_at IS NOT NULL AS isErased, ${IS_IDLE} AS isIdle FROM person WHERE id = ?1`;
  const row = await d1.withSession("first-primary").prepare(query).bind(personId, now).first<{ isErased: number; isIdle: number }>();
  return row && { isErased: row.isErased === 1, isIdle: row.isIdle === 1 };
}

/** All of these are the person's by their id. Messages go by themselves, a month after they were sent. */
const DELETED = [
  "session WHERE person_id = ?1",
  "sign_in_place WHERE person_id = ?1",
  "stop_token WHERE person_id = ?1",
  "contact WHERE person_id = ?1",
  "notify_settings WHERE person_id = ?1",
  "audit_filter WHERE person_id = ?1",
  "inbox_open WHERE person_id = ?1",
  "waiting_passkey WHERE person_id = ?1",
  // By names as well, of which an invitation for somebody new has nothing else: so before these are overwritten.
  `invite WHERE person_id = ?1 OR username = (SELECT username FROM person WHERE id = ?1)
     OR display_name = (SELECT display_name FROM person WHERE id = ?1)`,
  "proposal WHERE authorisation ->> '$.statement.parameters.person.id' = ?1",
];

/** The person stays as an id, which records, agents and requests name. The name is nobody's from then on, and says so. */
export function erasureQueries({ personId, at, authorised: signed }: ErasureEffect, place: Place): Query[] {
  const query = (sql: string, ...params: unknown[]): Query => ({ sql, params });
  return [
    ...authorised(signed, place),
    condition("person_is_as_signed", `(SELECT erased_at IS NULL FROM person WHERE id = ?1) AND ${IS_IDLE}`, personId, at),
    forgetSignaturesOf(personId, place),
    ...DELETED.map((what) => query(`DELETE FROM ${what}`, personId)),
    // Public keys stay: signatures that are out there are verified with them.
    query("UPDATE passkey SET name = '', transports = '[]', counted_assertion = NULL WHERE person_id = ?1", personId),
    query("UPDATE server_grant SET account = NULL WHERE owner = ?1 AND ended_at IS NOT NULL AND account IS NOT NULL", personId),
    query(
      `UPDATE person SET username = 'erased-' || lower(hex(randomblob(12))), display_name = 'Erased person', groups = '[]', erased_at = ?2
       WHERE id = ?1`,
      personId,
      at,
    ),
    query(
      "INSERT INTO erasure (person_id, at, leaf_index, log_id, idx) SELECT ?1, ?2, ?3, min(id), 1 FROM log",
      personId,
      at,
      place.leafIndex,
    ),
  ];
}
