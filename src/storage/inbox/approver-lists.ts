/**
 * What a person could decide: what waits for them, what they have signed that waits for others, and what has ended. Found by the
 * sets of people that they are of, and by who has signed (d1-migrations/0009, 0026), so that none of it costs more for what others have,
 * nor one of these lists for what is in another; plain SQL, because of json_each and row values.
 */
import { type ListPart, walked } from "./list-filter.ts";
import { everyOpenOf, OPEN_COLUMNS, openFrom, openPairs, setsOf } from "./open-by-deadline.ts";
import { type ListQuery, endedStatus } from "./read-lists.ts";

/** Of one agent at the beginning: more of its requests may wait, and hide nobody else's. */
const MOST_OF_ONE_AGENT = 20;
/** Of one agent and one set of people, looked at for the beginning: as many as an agent may have open unless an operator lets it (caps.ts). */
const MOST_COUNTED = 100;

/** The parts of the index of what has ended, as d1-migrations/0009 has them. */
const OPEN_HOURS = [1, 24, 168, 87_600];

/** Whether person ?3 has signed an open request. */
const isSigned = (id: string): string => `EXISTS (SELECT 1 FROM signed_by WHERE signed_by.id = ${id} AND signed_by.person_id = ?3)`;

/** The first that are open of each set and agent of person ?3, after ?1 and ?2; one more of each tells that there are more. */
const FIRST_OF_EACH = `
  SELECT ${OPEN_COLUMNS}, ${isSigned("open.id")} AS isSigned,
    row_number() OVER (PARTITION BY pair.eligible, pair.agent_id ORDER BY open.expires_at, open.id) AS place
  FROM (${openPairs(setsOf("?3"))}) AS pair CROSS JOIN approval AS open CROSS JOIN agent
  WHERE (open.agent_id, open.requested_at, open.id) IN (
      SELECT agent_id, requested_at, id FROM approval INDEXED BY approval_waiting
      WHERE eligible = pair.eligible AND agent_id = pair.agent_id AND ended_at IS NULL AND (expires_at, id) > (?1, ?2)
      ORDER BY expires_at, id LIMIT ${MOST_COUNTED + 1})
    AND agent.id = open.agent_id`;

/**
 * The beginning of what waits for this person, the most urgent first: of each agent the most urgent, in turn, so that no agent hides
 * another's. `total` counts what was looked at.
 */
export const firstWaiting = (personId: string, now: string, rows: number): ListQuery => ({
  sql: `
    SELECT * FROM (
      SELECT *, row_number() OVER (PARTITION BY agent, isWanted ORDER BY expiresAt, id) AS turn,
        sum(isWanted) OVER () AS total, max(place > ${MOST_COUNTED}) OVER () AS more
      FROM (SELECT *, NOT isSigned AND place <= ${MOST_COUNTED} AS isWanted FROM (${FIRST_OF_EACH}))
      WHERE isWanted OR place > ${MOST_COUNTED} ORDER BY isWanted DESC, turn, expiresAt, id LIMIT ${rows})
    WHERE turn <= ${MOST_OF_ONE_AGENT} ORDER BY expiresAt, id`,
  values: [...openFrom(now, null), personId],
  rows,
});

const LOOKED_AT = `
  SELECT id FROM approval INDEXED BY approval_waiting
  WHERE eligible = pair.eligible AND agent_id = pair.agent_id AND ended_at IS NULL AND (expires_at, id) > (?1, ?2)
  ORDER BY expires_at, id LIMIT ${MOST_COUNTED + 1}`;

/** How much waits for this person, as `firstWaiting` counts it, out of the index alone. No rows; `total` is on one that is not shown. */
export const countWaiting = (personId: string, now: string): ListQuery => ({
  sql: `
    SELECT sum(min(found ->> 0, ${MOST_COUNTED})) AS total, max(found ->> 1 > ${MOST_COUNTED}) AS more, 0 AS isWanted
    FROM (SELECT (SELECT json_array(total(NOT ${isSigned("first.id")}), count(*)) FROM (${LOOKED_AT}) AS first) AS found
      FROM (${openPairs(setsOf("?3"))}) AS pair)`,
  values: [...openFrom(now, null), personId],
  rows: 0,
});

/** Of what waits for this person what is wanted, by deadline. What they have signed is looked at, too. */
export const waitingOf = (personId: string, now: string, { filter, from, rows }: ListPart): ListQuery =>
  walked(
    { every: everyOpenOf(setsOf("?3")), values: [...openFrom(now, from), personId, null], isOfList: `NOT ${isSigned("listed.id")}` },
    filter,
    rows,
  );

/** All that person ?3 has signed, is still open after ?1 and ?2 and still theirs to decide, by deadline and id. */
const EVERY_SIGNED = `
  SELECT ${OPEN_COLUMNS}
  FROM signed_by AS own INDEXED BY signed_by_person CROSS JOIN approval AS open CROSS JOIN agent
  WHERE own.person_id = ?3 AND (own.expires_at, own.id) > (?1, ?2)
    AND open.agent_id = own.agent_id AND open.requested_at = own.requested_at AND open.id = own.id AND open.ended_at IS NULL
    AND EXISTS (SELECT 1 FROM audience WHERE audience.person_id = ?3 AND audience.eligible = open.eligible)
    AND agent.id = open.agent_id
  ORDER BY own.expires_at, own.id`;

/** Of what this person has signed and waits for others what is wanted, by deadline. */
export const signedOf = (personId: string, now: string, { filter, from, rows }: ListPart): ListQuery =>
  walked({ every: EVERY_SIGNED, values: [...openFrom(now, from), personId, null], isOfList: "1" }, filter, rows);

/** Later than any time. */
export const END_OF_TIME = "~";

/** Of a set and a part what was asked before that and has ended; index and order are those of the migration, as is that nothing open is in it. */
const beforeIn = (set: string, part: string, place: string): string => `
  (SELECT requested_at, id FROM approval INDEXED BY approval_by_audience
   WHERE eligible = ${set} AND open_hours = ${part} AND (requested_at, id) < (${place}) ORDER BY requested_at DESC, id DESC LIMIT 1)`;

/**
 * All that person ?3 could decide and has ended, the newest first, before ?1 and ?2: the newest of each set and part waits in a queue, as what
 * is open does (open-by-deadline.ts).
 */
export const EVERY_ENDED = `
  WITH RECURSIVE line(eligible, part, requested_at, id, agent_id) AS (
    SELECT audience.eligible, part.value, first.requested_at, first.id, first.agent_id
    FROM audience CROSS JOIN json_each('${JSON.stringify(OPEN_HOURS)}') AS part CROSS JOIN approval AS first INDEXED BY approval_by_audience
    WHERE audience.person_id = ?3 AND first.eligible = audience.eligible AND first.open_hours = part.value
      AND (first.requested_at, first.id) = ${beforeIn("audience.eligible", "part.value", "?1, ?2")}
    UNION
    SELECT line.eligible, line.part, next.requested_at, next.id, next.agent_id
    FROM line CROSS JOIN approval AS next INDEXED BY approval_by_audience
    WHERE next.eligible = line.eligible AND next.open_hours = line.part
      AND (next.requested_at, next.id) = ${beforeIn("line.eligible", "line.part", "line.requested_at, line.id")}
    ORDER BY 3 DESC, 4 DESC LIMIT -1)
  SELECT asked.agent_id AS agent, asked.id, asked.action, agent.name AS agentName, asked.requested_at AS requestedAt,
    asked.expires_at AS expiresAt, asked.risk, ${endedStatus(`(SELECT record ->> '$.kind' FROM log_leaf
      WHERE log_id IN (SELECT id FROM log) AND idem = asked.id || ':final' ORDER BY log_id DESC)`)} AS status,
    asked.requested_at AS "after", asked.id AS "then"
  FROM line CROSS JOIN approval AS asked CROSS JOIN agent
  WHERE asked.agent_id = line.agent_id AND asked.requested_at = line.requested_at AND asked.id = line.id AND agent.id = asked.agent_id`;

/** Of what this person could decide and has ended what is wanted, the request made last first, back to the first one. How it ended, the log says. */
export const endedOf = (personId: string, { filter, from, rows }: ListPart): ListQuery =>
  walked({ every: EVERY_ENDED, values: [...(from ?? ([END_OF_TIME, ""] as const)), personId, null], isOfList: "1" }, filter, rows);
