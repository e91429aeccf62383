/** When the object of a gated call looks after it by itself. Pure. */
import { laterTry } from "#gate/approvals/object/approval-object.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { type KeptRun, voidFrom } from "#rules/calls/run/kept-run.ts";

const SLOWEST_RETRY_MS = 60_000;
/** After its time is over a call on its way has this long to be given up by whoever sent it. */
const GRACE_MS = 2_000;

/**
 * While the log or the agent's record do not know how it ended, ever later, up to a minute; when a call on its way has had its time; when
 * an approval serves no more; and when an answer is not kept any more. Null where there is nothing to look after.
 */
export function callAlarm(approval: ApprovalState, run: KeptRun, nowMs: number): number | null {
  if (approval.call === undefined) return null;
  const retry = (sinceMs: number) => laterTry(sinceMs, nowMs, SLOWEST_RETRY_MS);
  if (run.ended !== null) return run.reported && run.settled ? run.answerUntilMs : retry(run.endedMs ?? nowMs);
  if (run.sending !== null) return retry(run.sending.untilMs + GRACE_MS);
  const { ending } = approval;
  // Until its end is in the log the request's own alarm looks after it.
  if (ending === null || ending.logged === null || run.settled) return null;
  const overMs = ending.status === "approved" ? voidFrom(approval) : Date.parse(ending.sealed.record.at);
  return overMs === null ? null : retry(overMs);
}
