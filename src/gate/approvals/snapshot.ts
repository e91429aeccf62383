/** How an approval looks from outside its object: to its agent, and to people on its page. */
import { type ApprovalState, approvalCount, type FinalStatus, requiredCount } from "#rules/approval.ts";
import type { EndedBy, CallOutcome } from "#countersign/documents/record.ts";
import type { RequestDocument, Verdict } from "#countersign/documents/statement.ts";

/** What the object tells the Worker; it may cross to another isolate. */
export interface Snapshot {
  request: RequestDocument;
  fingerprint: string;
  /** `settling`: the end is stored but not yet in the log. */
  status: "pending" | "settling" | FinalStatus;
  endedBy: EndedBy | null;
  endedAt: string | null;
  cancelReason: string | null;
  decisions: { id: string; username: string; verdict: Verdict; decided_at: string; comment: string | null }[];
  approvals: number;
  required: number;
  /** Once it is in the log. */
  redeemedAt: string | null;
  outcome: CallOutcome | null;
  /** Where the final leaf is: the origin line of its log, and its index there. */
  logged: { log: string; index: number } | null;
  /** Changes with everything that a waiter waits for. */
  tag: string;
}

export function snapshot(approval: ApprovalState): Snapshot {
  const { request, ending } = approval;
  return {
    request,
    fingerprint: approval.fingerprint,
    status: statusOf(approval),
    endedBy: ending?.sealed.record.ended_by ?? null,
    endedAt: ending?.sealed.record.at ?? null,
    cancelReason: ending?.cancelReason ?? null,
    decisions: approval.decisions.map(({ statement, at, comment }) => ({
      id: statement.approver.id,
      username: statement.approver.username,
      verdict: statement.verdict,
      decided_at: at,
      comment: comment?.text ?? null,
    })),
    approvals: approvalCount(approval),
    required: requiredCount(request),
    redeemedAt: approval.redemption?.logged == null ? null : approval.redemption.sealed.record.at,
    outcome: outcomeOf(approval),
    logged: ending?.logged == null ? null : { log: approval.log, index: ending.logged },
    tag: tagOf(approval),
  };
}

/** The latest that is in the log. */
function outcomeOf({ outcome, unknown }: ApprovalState): CallOutcome | null {
  const latest = [outcome, unknown].find((one) => one !== null && one.logged !== null);
  switch (latest?.sealed.record.kind) {
    case "call.succeeded":
      return "succeeded";
    case "call.failed":
      return "failed";
    case "call.unknown":
      return "unknown";
    case undefined:
      return null;
  }
}

function statusOf({ ending }: ApprovalState): Snapshot["status"] {
  if (ending === null) return "pending";
  return ending.logged === null ? "settling" : ending.status;
}

/** Differs after every change of status or decisions: there may be as many as before, but not with the same last one. */
export const tagOf = (approval: ApprovalState): string =>
  `${statusOf(approval)}:${approval.decisions.length}:${approval.decisions.at(-1)?.at ?? ""}`;
