/** What auditors can read: every request, open or ended. What ended is read from the log, which has it in order. */
import type { Cursor, ListQuery } from "./read-lists.ts";

/** Every open request, by deadline. Read from the index of what is open, which caps keep small. */
export const everyOpen = (now: string, from: Cursor | null, rows: number): ListQuery => ({
  sql: `
    SELECT open.id, open.action, agent.name AS agentName, open.requested_at AS requestedAt, open.expires_at AS expiresAt,
      'pending' AS status, open.expires_at AS "after", open.id AS "then"
    FROM approval AS open INDEXED BY approval_open JOIN agent ON agent.id = open.agent_id
    WHERE open.ended_at IS NULL AND open.expires_at > ?1 AND (open.expires_at, open.id) > (?2, ?3)
    ORDER BY open.expires_at, open.id LIMIT ${rows + 1}`,
  values: [now, ...(from ?? ["", ""])],
  rows,
});

const ENDS = "('approval.approved', 'approval.denied', 'approval.expired', 'approval.cancelled')";

/** More than any index. */
const END_OF_LOGS = Number.MAX_SAFE_INTEGER;

/** Every request that has ended, the newest end first, back to the beginning of the first log. */
export const everyEnded = (from: Cursor | null, rows: number): ListQuery => ({
  sql: `
    SELECT record ->> '$.request.id' AS id, record ->> '$.request.action' AS action,
      record ->> '$.request.requested_by.name' AS agentName, record ->> '$.request.requested_at' AS requestedAt,
      record ->> '$.request.expires_at' AS expiresAt, substr(record ->> '$.kind', length('approval.') + 1) AS status,
      log_id AS "after", idx AS "then"
    FROM log_leaf WHERE (log_id, idx) < (?1, ?2) AND record ->> '$.kind' IN ${ENDS} ORDER BY log_id DESC, idx DESC LIMIT ${rows + 1}`,
  values: from === null ? [END_OF_LOGS, 0] : from.map(Number),
  rows,
});
