/**
 * What is open, in order of deadline, out of the index of d1-migrations/0014, which has it by the set of people who could decide it and by
 * the agent that asked. The first of each of these pairs waits in a queue, and whatever leaves the queue lets the next of its pair in. So
 * a page reads a few rows for each pair that has something open, and for each row that is looked at, however much is open behind it, and
 * whatever has ended.
 */

import type { Cursor } from "./read-lists.ts";

/** Where what is open at `now` begins, or goes on after a page: what is past its deadline stands before it. */
export const openFrom = (now: string, from: Cursor | null): Cursor => (from !== null && from[0] > now ? from : [now, LAST_ID]);

/** After any id. */
const LAST_ID = "~";

/** What comes next of a pair after a deadline and an id; index and order are those of the migration. No other bound: it would be taken for this one. */
const nextOf = (set: string, agent: string, place: string): string => `
  (SELECT expires_at, id FROM approval INDEXED BY approval_waiting
   WHERE eligible = ${set} AND agent_id = ${agent} AND ended_at IS NULL AND (expires_at, id) > (${place}) ORDER BY expires_at, id LIMIT 1)`;

/** The sets that a person is of. */
export const setsOf = (personId: string): string => `SELECT eligible FROM audience WHERE person_id = ${personId}`;

/** Every set that has something open. Each is found by looking for the one after it. */
export const EVERY_SET = `
  SELECT eligible FROM (
    WITH RECURSIVE one(eligible) AS (
      SELECT min(eligible) FROM approval INDEXED BY approval_waiting WHERE ended_at IS NULL
      UNION ALL
      SELECT (SELECT min(eligible) FROM approval INDEXED BY approval_waiting WHERE ended_at IS NULL AND eligible > one.eligible)
      FROM one WHERE one.eligible IS NOT NULL)
    SELECT eligible FROM one WHERE eligible IS NOT NULL)`;

const firstAgentOf = (set: string, more = ""): string =>
  `(SELECT min(agent_id) FROM approval INDEXED BY approval_waiting WHERE eligible = ${set} AND ended_at IS NULL${more})`;

/** Each of these sets with each agent that has something open for it, found in the same way. */
export const openPairs = (sets: string): string => `
  SELECT eligible, agent_id FROM (
    WITH RECURSIVE one(eligible, agent_id) AS (
      SELECT eligible, ${firstAgentOf("sets.eligible")} FROM (${sets}) AS sets
      UNION ALL
      SELECT eligible, ${firstAgentOf("one.eligible", " AND agent_id > one.agent_id")} FROM one WHERE one.agent_id IS NOT NULL)
    SELECT eligible, agent_id FROM one WHERE agent_id IS NOT NULL)`;

/** Of `open`, a row of approval, and its `agent`. */
export const OPEN_COLUMNS = `open.agent_id AS agent, open.id, open.action, agent.name AS agentName, open.requested_at AS requestedAt,
  open.expires_at AS expiresAt, open.risk, 'pending' AS status, open.expires_at AS "after", open.id AS "then"`;

/**
 * What is open of the sets that `sets` selects and stands after ?1 and ?2 (`openFrom`), by deadline and id. A limit may follow, and no other
 * order: that would have all of it read. Two requests may be listed under one id for a moment
 * (d1-migrations/0002), which UNION lets into the queue as one. The limit is none: without it SQLite leaves out
 * the order of a queue that is joined.
 */
export const everyOpenOf = (sets: string): string => `
  WITH RECURSIVE line(eligible, agent_id, expires_at, id) AS (
    SELECT pair.eligible, pair.agent_id, first.expires_at, first.id FROM (${openPairs(sets)}) AS pair
      CROSS JOIN approval AS first INDEXED BY approval_waiting
    WHERE first.eligible = pair.eligible AND first.agent_id = pair.agent_id AND first.ended_at IS NULL
      AND (first.expires_at, first.id) = ${nextOf("pair.eligible", "pair.agent_id", "?1, ?2")}
    UNION
    SELECT line.eligible, line.agent_id, next.expires_at, next.id FROM line CROSS JOIN approval AS next INDEXED BY approval_waiting
    WHERE next.eligible = line.eligible AND next.agent_id = line.agent_id AND next.ended_at IS NULL
      AND (next.expires_at, next.id) = ${nextOf("line.eligible", "line.agent_id", "line.expires_at, line.id")}
    ORDER BY 3, 4 LIMIT -1)
  SELECT ${OPEN_COLUMNS}
  FROM line CROSS JOIN approval AS open INDEXED BY approval_waiting CROSS JOIN agent
  WHERE open.eligible = line.eligible AND open.agent_id = line.agent_id AND open.expires_at = line.expires_at AND open.id = line.id
    AND open.ended_at IS NULL AND agent.id = open.agent_id`;
