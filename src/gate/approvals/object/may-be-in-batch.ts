/**
 * Which requests may be approved with others under one signature. Asked when a page is made, so that people see why one stands alone, and
 * again when a decision arrives. To deny only narrows: that may be done of any request that batches can hold.
 */
import { isV2 } from "#countersign/documents/request.ts";
import type { Verdict } from "#countersign/documents/statement.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ApprovalState } from "#rules/approval.ts";

/** `not-in-batches`: of version 1, whose decisions have no batch. */
export interface BatchRefusal {
  reason: "not-in-batches" | "critical-alone" | "number-alone" | "discussed-alone";
}

/** Whether its agent still owes an answer, or somebody has denied it: what its own page says, and a page of many would not. */
const isDiscussed = ({ questions = [], decisions }: ApprovalState): boolean =>
  questions.some(({ words, answer }) => words !== null && answer?.logged == null) ||
  decisions.some(({ statement }) => statement.verdict === "denied");

/** Whether this person may give this verdict on it together with others. */
export function mayBeInBatch(approval: ApprovalState, { verdict }: { personId: string; verdict: Verdict }): Result<null, BatchRefusal> {
  const { request, match } = approval;
  if (!isV2(request)) return refuse({ reason: "not-in-batches" });
  // Of what is critical each is looked at by itself.
  if (verdict === "approved" && request.context.risk?.level === "critical") return refuse({ reason: "critical-alone" });
  // Whose agent shows a number, that is picked for the one request alone.
  if (verdict === "approved" && match !== undefined) return refuse({ reason: "number-alone" });
  if (verdict === "approved" && isDiscussed(approval)) return refuse({ reason: "discussed-alone" });
  return accept(null);
}

/** Why this person has to approve it by itself; null if they may do it together with others. */
export function aloneBecause(approval: ApprovalState, personId: string): BatchRefusal["reason"] | null {
  const may = mayBeInBatch(approval, { personId, verdict: "approved" });
  return may.ok ? null : may.refusal.reason;
}
