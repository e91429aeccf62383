/**
 * Lists of approvals: what an agent has asked for, under its caps, and what waits for a person. Plain SQL: drizzle neither counts and
 * writes in one statement nor ranks within an agent's, and what has ended is read from JSON.
 */
import type { AgentCaps, Alike, Found, Listing } from "#gate/approvals/open-approval.ts";
import { eligiblePeople } from "#rules/approval.ts";
import type { RequestDocument } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";

const MINUTE_MS = 60_000;

const COLUMNS = "(agent_id, id, requested_at, action, eligible, expires_at)";
const rowOf = (request: RequestDocument): string[] => [
  request.requested_by.id,
  request.id,
  request.requested_at,
  request.action,
  JSON.stringify([...eligiblePeople(request)]),
  request.expires_at,
];

const OPEN_OF_AGENT = "FROM approval AS open WHERE open.ended_at IS NULL AND open.expires_at > ?3 AND open.agent_id = ?1";

/** Those whose ids begin alike, but for some; null begins none. All of it is in the index of what is open. */
const openAlike = (beginning: string, but: string) =>
  `${OPEN_OF_AGENT} AND substr(open.id, 1, length(${beginning})) = ${beginning} AND open.id NOT IN (SELECT value FROM json_each(${but}))`;

const OPEN_UNDER_ID = "FROM approval WHERE ended_at IS NULL AND expires_at > ?2 AND agent_id = ?3 AND id = ?1";

/** Looks, counts and writes in one statement, so that calls at the same moment cannot pass a cap together, nor be listed alike. */
const LIST = `
  INSERT INTO approval ${COLUMNS}
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE (SELECT count(*) FROM approval WHERE agent_id = ?1 AND requested_at > ?7) < ?8
    AND (SELECT count(*) ${OPEN_OF_AGENT}) < ?9
    AND NOT EXISTS (SELECT 1 ${openAlike("?10", "?11")})
  ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at
  RETURNING id`;

const LOAD = `
  SELECT count(*) AS recent, min(requested_at) AS earliestRecent, (SELECT min(open.expires_at) ${OPEN_OF_AGENT}) AS earliestDeadline
  FROM approval WHERE agent_id = ?1 AND requested_at > ?2`;
interface AgentLoad {
  recent: number;
  earliestRecent: string | null;
  earliestDeadline: string | null;
}

const FOUND = `SELECT open.id, open.requested_at AS requestedAt, open.expires_at AS expiresAt ${openAlike("?2", "?4")}
  ORDER BY open.requested_at DESC`;

/** `ApprovalIndex.list`: an agent below its caps has a request more, unless one that is alike is open. */
export async function listRequest(d1: D1Database, request: RequestDocument, caps: AgentCaps, alike: Alike | null): Promise<Listing> {
  const { id, requested_at: now, requested_by: by } = request;
  const nowMs = Date.parse(now);
  const minuteAgo = timestamp(nowMs - MINUTE_MS);
  const over = JSON.stringify(alike?.over ?? []);
  const session = d1.withSession("first-primary");
  const [listed, open] = await session.batch<Found>([
    session
      .prepare(LIST)
      .bind(...rowOf(request), minuteAgo, caps.MAX_REQUESTS_PER_MINUTE, caps.MAX_PENDING_PER_AGENT, alike?.subject ?? null, over),
    session.prepare(FOUND).bind(by.id, alike?.subject ?? id, now, over),
  ]);
  if (listed?.results.length === 1) return { status: "listed", alone: open?.results.length === 1 };
  const found = alike === null ? undefined : open?.results[0];
  if (found !== undefined) return { status: "found", ...found };
  const load = await session.prepare(LOAD).bind(by.id, minuteAgo, now).first<AgentLoad>();
  const isTooFast = (load?.recent ?? 0) >= caps.MAX_REQUESTS_PER_MINUTE;
  const until = isTooFast ? Date.parse(load?.earliestRecent ?? now) + MINUTE_MS : Date.parse(load?.earliestDeadline ?? now);
  const retryAfter = Math.max(1, Math.ceil((until - Date.parse(now)) / 1000));
  return { status: "over-cap", cap: isTooFast ? "MAX_REQUESTS_PER_MINUTE" : "MAX_PENDING_PER_AGENT", retryAfter };
}

/** `ApprovalIndex.listOnly`: the opened request is the one listed under its id. */
export async function listOpened(d1: D1Database, opened: RequestDocument): Promise<void> {
  const { id, requested_at: requestedAt, requested_by: by } = opened;
  await d1.batch([
    d1.prepare(`DELETE ${OPEN_UNDER_ID} AND requested_at <> ?2`).bind(id, requestedAt, by.id),
    d1
      .prepare(`INSERT INTO approval ${COLUMNS} VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at`)
      .bind(...rowOf(opened)),
  ]);
}

/** Of one agent in an inbox: more of its requests may wait, and hide nobody else's. */
const MOST_OF_ONE_AGENT = 20;
/** How far back the inbox looks for what has ended, in leaves of the log. */
const RECENT_LEAVES = 200;

/** A request in a list, as people see it. */
export interface ListedApproval {
  id: string;
  action: string;
  agentName: string;
  requestedAt: string;
  expiresAt: string;
}

/** What waits for this person, the most urgent first: of each agent the most urgent, and how many more there are. */
export async function pendingFor(d1: D1Database, personId: string, now: string): Promise<{ items: ListedApproval[]; more: number }> {
  const query = d1.withSession("first-primary").prepare(`
    SELECT id, action, agentName, requestedAt, expiresAt, place, waiting FROM (
      SELECT open.id, open.action, agent.name AS agentName, open.requested_at AS requestedAt, open.expires_at AS expiresAt,
        row_number() OVER (PARTITION BY open.agent_id ORDER BY open.expires_at) AS place, count(*) OVER () AS waiting
      FROM approval AS open JOIN agent ON agent.id = open.agent_id
      WHERE open.ended_at IS NULL AND open.expires_at > ?1 AND EXISTS (SELECT 1 FROM json_each(open.eligible) WHERE value = ?2))
    WHERE place <= ${MOST_OF_ONE_AGENT} ORDER BY expiresAt LIMIT 500`);
  const { results } = await query.bind(now, personId).all<ListedApproval & { place: number; waiting: number }>();
  const items = results.map(({ place: _, waiting: __, ...item }) => item);
  return { items, more: (results[0]?.waiting ?? 0) - items.length };
}

/** What this person could decide and has ended lately, the newest first: read from the log, which knows how. */
export async function recentFor(d1: D1Database, personId: string): Promise<(Omit<ListedApproval, "expiresAt"> & { status: string })[]> {
  const query = d1.withSession("first-primary").prepare(`
    SELECT record ->> '$.request.id' AS id, record ->> '$.request.action' AS action, record ->> '$.request.requested_by.name' AS agentName,
      record ->> '$.request.requested_at' AS requestedAt, substr(record ->> '$.kind', length('approval.') + 1) AS status
    FROM (SELECT idx, record FROM log_leaf WHERE log_id = ${LOG_ID} ORDER BY idx DESC LIMIT ${RECENT_LEAVES})
    WHERE record ->> '$.kind' IN ('approval.approved', 'approval.denied', 'approval.expired', 'approval.cancelled')
      AND EXISTS (SELECT 1 FROM json_each(record, '$.request.quorum') AS slot, json_each(slot.value, '$.eligible') AS one WHERE one.value = ?1)
    ORDER BY idx DESC LIMIT 20`);
  return (await query.bind(personId).all<Omit<ListedApproval, "expiresAt"> & { status: string }>()).results;
}
const LOG_ID = "(SELECT id FROM log ORDER BY state = 'active' DESC, id DESC LIMIT 1)";
