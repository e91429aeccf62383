/** What auditors can read: every request, open or ended. What ended is read from the log, which has it in order. */
import { type ListPart, walked } from "./list-filter.ts";
import { EVERY_SET, everyOpenOf, openFrom } from "./open-by-deadline.ts";
import { type ListQuery, endedStatus } from "./read-lists.ts";

/** Of what is open what is wanted, by deadline. */
export const everyOpen = (now: string, { filter, from, rows }: ListPart): ListQuery =>
  walked({ every: everyOpenOf(EVERY_SET), values: [...openFrom(now, from), null, null], isOfList: "1" }, filter, rows);

const ENDS = "('approval.approved', 'approval.auto_approved', 'approval.denied', 'approval.expired', 'approval.cancelled')";

/** More than any index. */
const END_OF_LOGS = Number.MAX_SAFE_INTEGER;

const EVERY_LEAF = `
  SELECT record ->> '$.request.id' AS id, record ->> '$.request.action' AS action, record ->> '$.request.requested_by.id' AS agent,
    record ->> '$.request.requested_by.name' AS agentName, record ->> '$.request.requested_at' AS requestedAt,
    record ->> '$.request.expires_at' AS expiresAt, record ->> '$.request.context.risk.level' AS risk,
    record ->> '$.kind' AS kind, ${endedStatus("record ->> '$.kind'")} AS status, log_id AS "after", idx AS "then"
  FROM log_leaf WHERE (log_id, idx) < (?1, ?2) ORDER BY log_id DESC, idx DESC`;

/** Of every request that has ended what is wanted, the newest end first, back to the beginning of the first log. What is looked at are entries of the log. */
export const everyEnded = ({ filter, from, rows }: ListPart): ListQuery =>
  walked(
    {
      every: EVERY_LEAF,
      values: from === null ? [END_OF_LOGS, 0, null, null] : [Number(from[0]), Number(from[1]), null, null],
      isOfList: `listed.kind IN ${ENDS}`,
    },
    filter,
    rows,
  );
