/**
 * What one agent did, for who administers: its newest requests, with how each ended, as the log says, and its newest calls, as the record of
 * them has them. Plain SQL: JSON of the log. Nothing is written for it, so that no call costs more.
 */
import { TEST_ACTION } from "#rules/agents/test-request.ts";
import { endedStatus } from "../inbox/read-lists.ts";

/** Of an agent's requests the newest are looked at. */
export const MOST_REQUESTS_LOOKED_AT = 200;

export interface NewestRequest {
  id: string;
  action: string;
  requestedAt: string;
  endedAt: string | null;
  /** Ids of those who could decide it. */
  eligible: string[];
  risk: string | null;
  /** `pending`, `approved`, `passed` (without people), `denied`, `expired` or `cancelled`; null: it ended, and the log says nothing of it any more. */
  status: string | null;
}

const KIND = `(SELECT record ->> '$.kind' FROM log_leaf
  WHERE log_id IN (SELECT id FROM log) AND idem = asked.id || ':final' ORDER BY log_id DESC LIMIT 1)`;

const REQUESTS = `
  SELECT asked.id, asked.action, asked.requested_at AS requestedAt, asked.ended_at AS endedAt, asked.eligible, asked.risk,
    CASE WHEN asked.ended_at IS NULL THEN CASE WHEN asked.expires_at > ?2 THEN 'pending' ELSE 'expired' END
      WHEN ${KIND} = 'approval.auto_approved' THEN 'passed' ELSE ${endedStatus(KIND)} END AS status
  FROM approval AS asked WHERE asked.agent_id = ?1 AND asked.action <> ?3
  ORDER BY asked.requested_at DESC, asked.id DESC LIMIT ${MOST_REQUESTS_LOOKED_AT + 1}`;

/** The newest first, one more than are looked at if there are. Tests in its name are not its own. */
export async function newestRequests(d1: D1Database, agentId: string, now: string): Promise<NewestRequest[]> {
  const { results } = await d1
    .withSession("first-primary")
    .prepare(REQUESTS)
    .bind(agentId, now, TEST_ACTION)
    .all<Omit<NewestRequest, "eligible"> & { eligible: string }>();
  return results.map(({ eligible, ...row }) => ({ ...row, eligible: JSON.parse(eligible) as string[] }));
}

export interface NewestCall {
  number: number;
  at: string;
  server: string;
  tool: string;
  status: string;
  /** The request that it was asked with, if it was. */
  request: string | null;
}

const CALLS = `
  SELECT number, record ->> '$.at' AS at, record ->> '$.server.name' AS server, record ->> '$.tool' AS tool, status,
    coalesce(ended ->> '$.request', record ->> '$.request') AS request
  FROM call WHERE agent = ?1 ORDER BY number DESC LIMIT ?2`;

/** The newest first, as far as the record has them: it is handed calls a few seconds after they were made. */
export async function newestCalls(audit: D1Database, agentId: string, most: number): Promise<NewestCall[]> {
  return (await audit.withSession("first-primary").prepare(CALLS).bind(agentId, most).all<NewestCall>()).results;
}
