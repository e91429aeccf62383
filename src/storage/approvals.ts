/** The searchable view of approvals, and the standing of those whom an approval rests on. Never says whether one is approved. */
import { and, eq, gt, isNull, sql } from "drizzle-orm";
import type { StandingReader } from "#gate/approvals/object/approval-object.ts";
import type { ApprovalIndex } from "#gate/approvals/open-approval.ts";
import { eligiblePeople } from "#rules/approval.ts";
import type { RequestDocument } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { isOneOf, primary } from "./primary.ts";
import { agent, approval, passkey, person } from "./schema.ts";

const isApprover = sql`exists (select 1 from json_each(${person.roles}) where value = 'approver')`;

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

const OPEN_UNDER_ID = "FROM approval WHERE ended_at IS NULL AND expires_at > ?2 AND agent_id = ?3 AND id = ?1";

/** Counts and writes in one statement, so that calls at the same moment cannot pass a cap together. */
const LIST = `
  INSERT INTO approval ${COLUMNS}
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE (SELECT count(*) FROM approval WHERE agent_id = ?1 AND requested_at > ?7) < ?8
    AND (SELECT count(*) ${OPEN_OF_AGENT}) < ?9
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

/** Lists requests and finds who may approve them. */
export const approvalIndex = (d1: D1Database): ApprovalIndex => ({
  async approvers() {
    const columns = { id: person.id, username: person.username, groups: person.groups };
    const holdsPasskey = eq(passkey.personId, person.id);
    return primary(d1)
      .selectDistinct(columns)
      .from(person)
      .innerJoin(passkey, holdsPasskey)
      .where(and(isApprover, isNull(passkey.revokedAt)))
      .all();
  },

  async unknownUsernames(usernames) {
    const found = await primary(d1).select({ username: person.username }).from(person).where(isOneOf(person.username, usernames)).all();
    const known = new Set(found.map((one) => one.username));
    return usernames.filter((username) => !known.has(username));
  },

  async list(request, caps) {
    const { id, requested_at: now, requested_by: by } = request;
    const nowMs = Date.parse(now);
    const minuteAgo = timestamp(nowMs - MINUTE_MS);
    const session = d1.withSession("first-primary");
    const [listed, open] = await session.batch<{ id: string }>([
      session.prepare(LIST).bind(...rowOf(request), minuteAgo, caps.MAX_REQUESTS_PER_MINUTE, caps.MAX_PENDING_PER_AGENT),
      session.prepare(`SELECT id ${OPEN_UNDER_ID}`).bind(id, now, by.id),
    ]);
    if (listed?.results.length === 1) return { status: "listed", alone: open?.results.length === 1 };
    const load = await session.prepare(LOAD).bind(by.id, minuteAgo, now).first<AgentLoad>();
    const isTooFast = (load?.recent ?? 0) >= caps.MAX_REQUESTS_PER_MINUTE;
    const until = isTooFast ? Date.parse(load?.earliestRecent ?? now) + MINUTE_MS : Date.parse(load?.earliestDeadline ?? now);
    const retryAfter = Math.max(1, Math.ceil((until - Date.parse(now)) / 1000));
    return { status: "over-cap", cap: isTooFast ? "MAX_REQUESTS_PER_MINUTE" : "MAX_PENDING_PER_AGENT", retryAfter };
  },

  async listOnly(opened) {
    const { id, requested_at: requestedAt, requested_by: by } = opened;
    await d1.batch([
      d1.prepare(`DELETE ${OPEN_UNDER_ID} AND requested_at <> ?2`).bind(id, requestedAt, by.id),
      d1.prepare(`INSERT OR IGNORE INTO approval ${COLUMNS} VALUES (?1, ?2, ?3, ?4, ?5, ?6)`).bind(...rowOf(opened)),
    ]);
  },
});

/** Whether those an approval rests on are in good standing now. */
export const standingReader = (d1: D1Database): StandingReader => ({
  async agentStands(agentId) {
    const row = await primary(d1)
      .select({ id: agent.id })
      .from(agent)
      .where(and(eq(agent.id, agentId), isNull(agent.revokedAt)))
      .get();
    return row !== undefined;
  },

  async standingCredentials(decisions) {
    if (decisions.length === 0) return new Set();
    const credentialIds = decisions.map((decision) => decision.credential_id);
    const rows = await primary(d1)
      .select({ credentialId: passkey.credentialId, personId: passkey.personId })
      .from(passkey)
      .innerJoin(person, eq(person.id, passkey.personId))
      .where(and(isOneOf(passkey.credentialId, credentialIds), isNull(passkey.revokedAt), isApprover))
      .all();
    const owners = new Map(rows.map((row) => [row.credentialId, row.personId]));
    const stands = decisions.filter((decision) => owners.get(decision.credential_id) === decision.statement.approver.id);
    return new Set(stands.map((decision) => decision.credential_id));
  },
});

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

/** Ids of what an agent has open at `now`; what is past its deadline ends by itself. */
export async function pendingOf(d1: D1Database, agentId: string, now: string): Promise<string[]> {
  const open = and(isNull(approval.endedAt), gt(approval.expiresAt, now), eq(approval.agentId, agentId));
  return (await primary(d1).select({ id: approval.id }).from(approval).where(open).all()).map((row) => row.id);
}

/** Where the enrolments of these credentials stand in the log, by credential id. */
export async function enrolmentIndices(d1: D1Database, credentialIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await primary(d1)
    .select({ credentialId: passkey.credentialId, leafIndex: passkey.leafIndex })
    .from(passkey)
    .where(isOneOf(passkey.credentialId, credentialIds))
    .all();
  return new Map(rows.map((row) => [row.credentialId, row.leafIndex]));
}
