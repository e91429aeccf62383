/** What people are shown beside a request: the call of the same tool that was approved last, and what else its agent asked for. Decides nothing. */
import type { ApprovalEffect } from "#gate/approvals/object/object-ports.ts";
import type { AgentRequest } from "#gate/approvals/beside/beside-request.ts";
import type { Query } from "../batch-condition.ts";
import { endedStatus } from "../inbox/read-lists.ts";
import type { Reads } from "../near/near-reads.ts";

/** More requests than a page shows of an agent's last half hour. */
const MOST_REQUESTS = 100;

/** A call that was approved is the last one of its tool, for those who could decide it. */
export const approvedCallQuery = ({ agentId, requestedAt, requestId, at }: ApprovalEffect): Query => ({
  sql: `INSERT INTO approved_call (action, eligible, approved_at, id)
    SELECT action, eligible, ?4, id FROM approval WHERE agent_id = ?1 AND requested_at = ?2 AND id = ?3
    ON CONFLICT DO UPDATE SET approved_at = excluded.approved_at, id = excluded.id WHERE excluded.approved_at >= approved_at`,
  params: [agentId, requestedAt, requestId, at],
});

/** Whether person ?2 could decide what has this set of people; null is somebody who may look at everything. */
const MAY_LOOK = (eligible: string): string => `(?2 IS NULL OR EXISTS (SELECT 1 FROM json_each(${eligible}) WHERE value = ?2))`;

/** The request of the call under this action that was approved last and that this person could decide; null if there is none. */
export const lastApprovedCall = (reads: Reads, action: string, personId: string | null): Promise<string | null> =>
  reads(async (session) => {
    const found = await session
      .prepare(`SELECT id FROM approved_call WHERE action = ?1 AND ${MAY_LOOK("eligible")} ORDER BY approved_at DESC LIMIT 1`)
      .bind(action, personId)
      .first<{ id: string }>();
    return found?.id ?? null;
  });

/** How many requests of an agent are looked through for such as were approved, and how many of those are told. */
const MOST_LOOKED_AT = 100;
const MOST_APPROVED = 8;

/**
 * Requests of an agent from up to `before` that people approved and that this person could decide, the last first; under one action, unless
 * that is null. At most a hundred rows of the agent, and of those that fit its final leaf each.
 */
export const approvedOfAgent = (
  reads: Reads,
  agentId: string,
  action: string | null,
  personId: string | null,
  before: string,
): Promise<string[]> =>
  reads(async (session) => {
    const { results } = await session
      .prepare(
        `SELECT id FROM (SELECT id, action, eligible, ended_at, requested_at FROM approval WHERE agent_id = ?1 AND requested_at <= ?3
            ORDER BY requested_at DESC, id DESC LIMIT ${MOST_LOOKED_AT}) AS lately
        WHERE ended_at IS NOT NULL AND (?4 IS NULL OR action = ?4) AND ${MAY_LOOK("eligible")}
          AND (SELECT record ->> '$.kind' FROM log_leaf WHERE log_id IN (SELECT id FROM log) AND idem = lately.id || ':final'
            ORDER BY log_id DESC) = 'approval.approved'
        ORDER BY requested_at DESC, id DESC LIMIT ${MOST_APPROVED}`,
      )
      .bind(agentId, personId, before, action)
      .all<{ id: string }>();
    return results.map(({ id }) => id);
  });

interface Row {
  id: string;
  at: string;
  action: string;
  status: string | null;
  isVisible: 0 | 1;
}

/** What an agent asked for from `from` up to `to`, the last first; what this person may not see without its action. */
export const requestsOfAgent = (
  reads: Reads,
  agentId: string,
  personId: string | null,
  from: string,
  to: string,
): Promise<AgentRequest[]> =>
  reads(async (session) => {
    const { results } = await session
      .prepare(
        `SELECT id, requested_at AS at, action, ${MAY_LOOK("eligible")} AS isVisible,
          CASE WHEN ended_at IS NULL THEN 'pending' ELSE ${endedStatus(`(SELECT record ->> '$.kind' FROM log_leaf
            WHERE log_id IN (SELECT id FROM log) AND idem = approval.id || ':final' ORDER BY log_id DESC)`)} END AS status
        FROM approval WHERE agent_id = ?1 AND requested_at >= ?3 AND requested_at <= ?4
        ORDER BY requested_at DESC, id DESC LIMIT ${MOST_REQUESTS}`,
      )
      .bind(agentId, personId, from, to)
      .all<Row>();
    return results.map(({ id, at, action, status, isVisible }) => ({ id, at, action: isVisible === 1 ? action : null, status }));
  });
