/**
 * What a person could decide: what waits for them, what they have signed that waits for others, and what has ended. Found by the
 * sets of people that they are of (d1-migrations/0009), so that none of it costs more for what others have, nor what is open for what
 * has ended; plain SQL, because of json_each and row values.
 */
import { OPEN_COLUMNS, openByDeadline, openFrom, openPairs, setsOf } from "./open-by-deadline.ts";
import { type Cursor, type ListQuery, endedStatus } from "./read-lists.ts";

/** Of one agent at the beginning: more of its requests may wait, and hide nobody else's. */
const MOST_OF_ONE_AGENT = 20;

/** The parts of the index of what has ended, as d1-migrations/0009 has them. */
const OPEN_HOURS = [1, 24, 168, 87_600];

/** Whether person ?3 has signed an open request. */
const IS_SIGNED =
  "EXISTS (SELECT 1 FROM signed_so_far AS signed, json_each(signed.people) AS one WHERE signed.id = open.id AND one.value = ?3)";

/** All that is open of person ?3 and stands after ?1 and ?2. */
const OPEN = `
  SELECT ${OPEN_COLUMNS}, ${IS_SIGNED} AS isSigned
  FROM (${openPairs(setsOf("?3"))}) AS pair CROSS JOIN approval AS open INDEXED BY approval_waiting CROSS JOIN agent
  WHERE open.eligible = pair.eligible AND open.agent_id = pair.agent_id AND open.ended_at IS NULL
    AND (open.expires_at, open.id) > (?1, ?2) AND agent.id = open.agent_id`;

/**
 * The beginning of what waits for this person, the most urgent first: of each agent the most urgent, in turn, so that no agent hides
 * another's. `total` counts all.
 */
export const firstWaiting = (personId: string, now: string, rows: number): ListQuery => ({
  sql: `
    SELECT * FROM (
      SELECT *, row_number() OVER (PARTITION BY agent ORDER BY expiresAt, id) AS turn, count(*) OVER () AS total
      FROM (${OPEN}) WHERE NOT isSigned ORDER BY turn, expiresAt, id LIMIT ${rows})
    WHERE turn <= ${MOST_OF_ONE_AGENT} ORDER BY expiresAt, id`,
  values: [...openFrom(now, null), personId],
  rows,
});

/** All that waits for this person, or all that they have signed and is still open, by deadline. */
export const openOf = (personId: string, now: string, isSigned: boolean, from: Cursor | null, rows: number): ListQuery => ({
  sql: `${openByDeadline(setsOf("?3"))} AND ${IS_SIGNED} = ?4 LIMIT ${rows + 1}`,
  values: [...openFrom(now, from), personId, isSigned ? 1 : 0],
  rows,
});

/** Later than any time. */
const END_OF_TIME = "~";

/** What this person could decide and has ended, the request made last first, back to the first one. How it ended, the log says. */
export const endedOf = (personId: string, from: Cursor | null, rows: number): ListQuery => ({
  sql: `
    SELECT ended.id, ended.action, agent.name AS agentName, ended.requested_at AS requestedAt, ended.expires_at AS expiresAt,
      ${endedStatus(`(SELECT record ->> '$.kind' FROM log_leaf WHERE log_id IN (SELECT id FROM log) AND idem = ended.id || ':final'
        ORDER BY log_id DESC)`)} AS status,
      ended.requested_at AS "after", ended.id AS "then"
    FROM audience CROSS JOIN json_each('${JSON.stringify(OPEN_HOURS)}') AS part CROSS JOIN approval AS ended
      JOIN agent ON agent.id = ended.agent_id
    WHERE audience.person_id = ?1 AND (ended.agent_id, ended.requested_at, ended.id) IN (
      SELECT agent_id, requested_at, id FROM approval
      WHERE eligible = audience.eligible AND open_hours = part.value AND (requested_at, id) < (?2, ?3) AND ended_at IS NOT NULL
      ORDER BY requested_at DESC, id DESC LIMIT ${rows + 1})
    ORDER BY ended.requested_at DESC, ended.id DESC LIMIT ${rows + 1}`,
  values: [personId, ...(from ?? [END_OF_TIME, ""])],
  rows,
});
