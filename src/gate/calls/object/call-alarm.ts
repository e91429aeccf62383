/** When the object of a gated call looks after it by itself. Pure. */
import { laterTry } from "#gate/approvals/object/approval-object.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { isToBeSentAtOnce, type KeptRun, voidFrom } from "#rules/calls/run/kept-run.ts";

const SLOWEST_RETRY_MS = 60_000;
/** What is sent on approval, and could not be: it is compared with its server each time. */
const SLOWEST_SENDING_MS = 300_000;
/** After its time is over a call on its way has this long to be given up by whoever sent it. */
const GRACE_MS = 2_000;

/**
 * While the log or the agent's record do not know how it ended, ever later, up to a minute; when a call on its way has had its time; while
 * an approval is to be used at once and is not; when it serves no more; and when an answer is not kept any more. Null where there is nothing to look after.
 */
export function callAlarm(approval: ApprovalState, run: KeptRun, nowMs: number): number | null {
  if (approval.call === undefined) return null;
  const retry = (sinceMs: number) => laterTry(sinceMs, nowMs, SLOWEST_RETRY_MS);
  if (run.ended !== null) return run.reported && run.settled ? run.answerUntilMs : retry(run.endedMs ?? nowMs);
  if (run.sending !== null) return retry(run.sending.untilMs + GRACE_MS);
  const { ending } = approval;
  // Until its end is in the log the request's own alarm looks after it.
  if (ending === null || ending.logged === null || run.settled) return null;
  const endedMs = Date.parse(ending.sealed.record.at);
  const overMs = ending.status === "approved" ? voidFrom(approval) : endedMs;
  if (overMs !== null && isToBeSentAtOnce(approval, run, nowMs)) return Math.min(laterTry(endedMs, nowMs, SLOWEST_SENDING_MS), overMs);
  return overMs === null ? null : retry(overMs);
}
