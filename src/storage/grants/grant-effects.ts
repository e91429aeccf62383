/** The rows of grants, of their uses and of their ends, each in the batch of its leaf (d1-migrations/0017). */
import type { GivenGrant, GrantEffect } from "#gate/grants/grant-effects.ts";
import { IS_STOPPED, STOP_NUMBER } from "../chains/above.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";

/** Whether the person ?P and passkey ?C are those of an approver who stands. */
const GIVER_STANDS = `EXISTS (
  SELECT 1 FROM passkey JOIN person ON person.id = passkey.person_id JOIN json_each(person.roles) AS role
  WHERE passkey.credential_id = giver.value ->> '$.credential' AND passkey.person_id = giver.value ->> '$.person'
    AND passkey.revoked_at IS NULL AND role.value = 'approver')`;

/** Whether all who gave it may approve still, with the passkeys they signed with. */
export const GIVERS_STAND = `NOT EXISTS (SELECT 1 FROM json_each(given.givers) AS giver WHERE NOT ${GIVER_STANDS})`;

/** Whether its tool is accepted as it was, where it was, and was not seen to be another. */
export const PIN_STANDS = `(given.server_id IS NULL OR EXISTS (
  SELECT 1 FROM server CROSS JOIN server_tool AS tool ON tool.server_id = server.id
  WHERE server.id = given.server_id AND server.removed_at IS NULL
    AND instr((server.settings ->> '$.url') || '/', given.url_origin || '/') = 1
    AND tool.name = given.document ->> '$.tool' AND tool.pin = given.document ->> '$.schema_hash'
    AND NOT EXISTS (SELECT 1 FROM json_each(server.drifted) WHERE value = tool.name)))`;

/** Whether nothing was stopped since it was given. */
export const NOT_STOPPED = `agent.revoked_at IS NULL AND NOT ${IS_STOPPED} AND ${STOP_NUMBER} = given.stop_agent
  AND gate.stopped_at IS NULL AND gate.stop_number = given.stop_all`;

/** Grants that let something pass, but for uses and times: a table expression with `given`, `agent` and `gate`. */
export const SERVING = `grant_given AS given JOIN agent ON agent.id = given.agent_id CROSS JOIN gate
  WHERE given.ended_at IS NULL AND ${NOT_STOPPED} AND ${GIVERS_STAND} AND ${PIN_STANDS}
  AND EXISTS (SELECT 1 FROM log WHERE origin = given.log AND state = 'active')`;

/** A row more in the batch of an approval's leaf. It never keeps the approval from the log: what is not written lets nothing pass. */
export const givenQuery = (grant: GivenGrant, at: string, { leafIndex }: Place): Query => ({
  sql: `INSERT OR IGNORE INTO grant_given (id, agent_id, place, members, exact, document, server_id, url_origin, givers, eligible, request_id, log,
      given_at, until_at, uses, stop_all, stop_agent, leaf_index)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)`,
  params: [
    grant.id,
    grant.agentId,
    grant.place,
    grant.members,
    grant.exact,
    grant.document,
    grant.serverId,
    grant.urlOrigin,
    JSON.stringify(grant.givers),
    JSON.stringify(grant.eligible),
    grant.requestId,
    grant.log,
    at,
    grant.until,
    grant.uses,
    grant.stops.all,
    grant.stops.agent,
    leafIndex,
  ],
});

/** `now`: the leaf may be written later than it was made. */
export function grantQueries(effect: GrantEffect, { leafIndex, now }: Place): Query[] {
  if (effect.kind === "grant-revoked") return revoked(effect);
  const { grantId, use, mostUses, requestId, requestHash, epoch, at } = effect;
  return [
    condition("epoch_is_in_force", "EXISTS (SELECT 1 FROM gate WHERE epoch = ?1)", epoch),
    condition(
      "grant_serves",
      `EXISTS (SELECT 1 FROM ${SERVING} AND given.id = ?1 AND given.until_at > ?2 AND given.until_at > ?3 AND ?4 <= given.uses AND given.used < ?5)`,
      grantId,
      at,
      now,
      use,
      mostUses,
    ),
    {
      sql: "INSERT INTO grant_use (grant_id, use, request_id, request_hash, at, leaf_index) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      params: [grantId, use, requestId, requestHash, at, leafIndex],
    },
  ];
}

/** An admin, or whoever gave it and is an approver; with a passkey that stands. */
const MAY_REVOKE = `EXISTS (
  SELECT 1 FROM person JOIN json_each(person.roles) AS role WHERE person.id = ?1
  AND (role.value = 'admin' OR (role.value = 'approver' AND EXISTS (
    SELECT 1 FROM grant_given AS given JOIN json_each(given.givers) AS giver WHERE given.id = ?2 AND giver.value ->> '$.person' = ?1)))
  AND EXISTS (SELECT 1 FROM passkey WHERE person_id = ?1 AND revoked_at IS NULL))`;

const revoked = ({ grantId, by, at }: Extract<GrantEffect, { kind: "grant-revoked" }>): Query[] => [
  condition("grant_is_given", "EXISTS (SELECT 1 FROM grant_given WHERE id = ?1)", grantId),
  condition("may_revoke_grant", MAY_REVOKE, by, grantId),
  {
    sql: "UPDATE grant_given SET ended_at = coalesce(ended_at, ?2), revoked_by = ?3 WHERE id = ?1 AND revoked_by IS NULL",
    params: [grantId, at, by],
  },
];
