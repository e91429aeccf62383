/** The searchable view of approvals, and the standing of those whom an approval rests on. Never says whether one is approved. */
import { and, desc, eq, gt, isNotNull, isNull, sql } from "drizzle-orm";
import type { StandingReader } from "../gate/approval-object.ts";
import type { ApprovalIndex } from "../gate/open-approval.ts";
import { timestamp } from "../core/words.ts";
import { isOneOf, primary } from "./primary.ts";
import { agent, approval, passkey, person } from "./schema.ts";

const isApprover = sql`exists (select 1 from json_each(${person.roles}) where value = 'approver')`;

const MINUTE_MS = 60_000;

/** What waits for a decision at ?now: by deadline, because a log of years has few that are not past it. */
const pendingOfAgent = (agentId: string, now: string) => `
  FROM approval AS open INDEXED BY approval_by_deadline
  WHERE open.expires_at > ${now} AND open.agent_id = ${agentId} AND NOT EXISTS (
    SELECT 1 FROM log_leaf
    WHERE log_id = (SELECT id FROM log ORDER BY state = 'active' DESC, id DESC LIMIT 1) AND idem = open.id || ':final')`;

/** Counts and writes in one statement, so that calls at the same moment cannot pass a cap together. */
const LIST = `
  INSERT INTO approval (id, agent_id, action, eligible, fingerprint, requested_at, expires_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
  WHERE EXISTS (SELECT 1 FROM approval WHERE id = ?1) OR (
    (SELECT count(*) FROM approval WHERE agent_id = ?2 AND requested_at > ?8) < ?9
    AND (SELECT count(*) ${pendingOfAgent("?2", "?6")}) < ?10)
  ON CONFLICT (id) DO UPDATE SET requested_at = excluded.requested_at, expires_at = excluded.expires_at
  WHERE fingerprint = excluded.fingerprint
  RETURNING id`;

interface AgentLoad {
  /** 1 if the id is listed. */
  known: number;
  recent: number;
  earliestRecent: string | null;
  earliestDeadline: string | null;
}
const LOAD = `
  SELECT EXISTS (SELECT 1 FROM approval WHERE id = ?1) AS known,
    (SELECT count(*) FROM approval WHERE agent_id = ?2 AND requested_at > ?4) AS recent,
    (SELECT min(requested_at) FROM approval WHERE agent_id = ?2 AND requested_at > ?4) AS earliestRecent,
    (SELECT min(open.expires_at) ${pendingOfAgent("?2", "?3")}) AS earliestDeadline`;

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

  async fingerprintOf(requestId) {
    const row = await primary(d1).select({ fingerprint: approval.fingerprint }).from(approval).where(eq(approval.id, requestId)).get();
    return row?.fingerprint ?? null;
  },

  async list(request, eligible, fingerprint, caps) {
    const { id, requested_at: now, expires_at: expiresAt, requested_by: by } = request;
    const minuteAgo = timestamp(Date.parse(now) - MINUTE_MS);
    const session = d1.withSession("first-primary");
    const [listed, load] = await session.batch<{ id: string } | AgentLoad>([
      session
        .prepare(LIST)
        .bind(
          id,
          by.id,
          request.action,
          JSON.stringify(eligible),
          fingerprint,
          now,
          expiresAt,
          minuteAgo,
          caps.MAX_REQUESTS_PER_MINUTE,
          caps.MAX_PENDING_PER_AGENT,
        ),
      session.prepare(LOAD).bind(id, by.id, now, minuteAgo),
    ]);
    if (listed?.results.length === 1) return { status: "listed" };
    const { known, recent, earliestRecent, earliestDeadline } = load?.results[0] as AgentLoad;
    if (known === 1) return { status: "other-ask" };
    const isTooFast = recent >= caps.MAX_REQUESTS_PER_MINUTE;
    const until = isTooFast ? Date.parse(earliestRecent ?? now) + MINUTE_MS : Date.parse(earliestDeadline ?? now);
    const retryAfter = Math.max(1, Math.ceil((until - Date.parse(now)) / 1000));
    return { status: "over-cap", cap: isTooFast ? "MAX_REQUESTS_PER_MINUTE" : "MAX_PENDING_PER_AGENT", retryAfter };
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

/** The kind of the final record, from the log, where it is the truth; null while there is none. */
const finalKind = sql<string | null>`(
  select coalesce(record ->> '$.kind', 'erased') from log_leaf
  where log_id = (select id from log order by state = 'active' desc, id desc limit 1) and idem = ${approval.id} || ':final')`;

const listing = {
  id: approval.id,
  action: approval.action,
  agentName: agent.name,
  requestedAt: approval.requestedAt,
  expiresAt: approval.expiresAt,
  finalKind,
};
const concerns = (personId: string) => sql`exists (select 1 from json_each(${approval.eligible}) where value = ${personId})`;

/** What waits for this person, the most urgent first. */
export const pendingFor = (d1: D1Database, personId: string, now: string) =>
  primary(d1)
    .select(listing)
    .from(approval)
    .innerJoin(agent, eq(agent.id, approval.agentId))
    .where(and(gt(approval.expiresAt, now), isNull(finalKind), concerns(personId)))
    .orderBy(approval.expiresAt)
    .limit(100)
    .all();

/** What this person could decide and has ended, the latest deadline first. */
export async function recentFor(d1: D1Database, personId: string) {
  const rows = await primary(d1)
    .select(listing)
    .from(approval)
    .innerJoin(agent, eq(agent.id, approval.agentId))
    .where(and(isNotNull(finalKind), concerns(personId)))
    .orderBy(desc(approval.expiresAt))
    .limit(20)
    .all();
  return rows.map(({ finalKind: kind, ...row }) => ({ ...row, status: (kind ?? "").replace("approval.", "") }));
}

/** Ids of what an agent has pending at `now`; what is past its deadline ends by itself. */
export async function pendingOf(d1: D1Database, agentId: string, now: string): Promise<string[]> {
  const rows = await primary(d1)
    .select({ id: approval.id })
    .from(approval)
    .where(and(eq(approval.agentId, agentId), gt(approval.expiresAt, now), isNull(finalKind)))
    .all();
  return rows.map((row) => row.id);
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
