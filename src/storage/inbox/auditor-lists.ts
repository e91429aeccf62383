/** What auditors can read: every request, open or ended. What ended is read from the log, which has it in order. */
import { EVERY_SET, openByDeadline, openFrom } from "./open-by-deadline.ts";
import { type Cursor, type ListQuery, endedStatus } from "./read-lists.ts";

/** Every open request, by deadline. */
export const everyOpen = (now: string, from: Cursor | null, rows: number): ListQuery => ({
  sql: `${openByDeadline(EVERY_SET)} LIMIT ${rows + 1}`,
  values: openFrom(now, from),
  rows,
});

const ENDS = "('approval.approved', 'approval.auto_approved', 'approval.denied', 'approval.expired', 'approval.cancelled')";

/** More than any index. */
const END_OF_LOGS = Number.MAX_SAFE_INTEGER;

/** Every request that has ended, the newest end first, back to the beginning of the first log. */
export const everyEnded = (from: Cursor | null, rows: number): ListQuery => ({
  sql: `
    SELECT record ->> '$.request.id' AS id, record ->> '$.request.action' AS action,
      record ->> '$.request.requested_by.name' AS agentName, record ->> '$.request.requested_at' AS requestedAt,
      record ->> '$.request.expires_at' AS expiresAt, ${endedStatus("record ->> '$.kind'")} AS status,
      log_id AS "after", idx AS "then"
    FROM log_leaf WHERE (log_id, idx) < (?1, ?2) AND record ->> '$.kind' IN ${ENDS} ORDER BY log_id DESC, idx DESC LIMIT ${rows + 1}`,
  values: from === null ? [END_OF_LOGS, 0] : from.map(Number),
  rows,
});
