/**
 * What an approval is used for: redeemed once, by whoever is about to act, against the exact payload and in time; then the
 * agent says how it went. Pure, as approval.ts, which ends where this begins.
 */
import { approvalsOf, type ApprovalState, type Circumstances, counting, type Report } from "./approval.ts";
import type { JudgedAgainRefusal } from "./policies/judged.ts";
import { type CallOutcome, seal } from "#countersign/documents/record.ts";
import { requestMet } from "#countersign/quorum.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { requestHash, usableUntil } from "#countersign/documents/request.ts";
import { saltedTextHash } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";

export type RedemptionRefusal =
  | { reason: "not-approved" | "approver-revoked" | "payload-mismatch" | "already-redeemed" | "use-by-passed" | "log-ended" }
  | JudgedAgainRefusal;
export interface ReportRefusal {
  reason: "not-redeemed" | "already-reported" | "log-ended";
}

const isLogged = (fact: { logged: number | null } | null): boolean => fact !== null && fact.logged !== null;

/**
 * The approval after it has been redeemed, or as it is if this very call has redeemed it before (same idempotency key).
 * Those who approved must still stand: whoever revokes a stolen passkey stops what it approved, as long as nobody has acted.
 * `refusedNow` judges it again, by the policy in force. What was approved in a log that has ended serves for nothing more: its redemption could not stand in the same tree.
 */
export function afterRedemption(
  approval: ApprovalState,
  call: { payloadHash: string; idempotencyKey: string | null },
  { nowMs, salt, log, ...standing }: Circumstances,
  refusedNow: (approvals: ReadonlyMap<string, string>) => JudgedAgainRefusal | null,
): Result<ApprovalState, RedemptionRefusal> {
  const { request, ending, redemption, decisions } = approval;
  if (ending?.status !== "approved" || !isLogged(ending)) return refuse({ reason: "not-approved" });
  if (call.payloadHash !== request.payload_hash) return refuse({ reason: "payload-mismatch" });
  if (redemption !== null) {
    const isSameCall = call.idempotencyKey !== null && redemption.idempotencyKey === call.idempotencyKey;
    return isSameCall ? accept(approval) : refuse({ reason: "already-redeemed" });
  }
  if (approval.log !== log) return refuse({ reason: "log-ended" });
  const approvals = approvalsOf(counting(decisions, standing));
  const isByPeople = ending.sealed.record.kind === "approval.approved";
  if (isByPeople && !requestMet(request, approvals)) return refuse({ reason: "approver-revoked" });
  const at = laterOf(timestamp(nowMs), ending.sealed.record.at);
  if (at > usableUntil(request, ending.sealed.record.at)) return refuse({ reason: "use-by-passed" });
  const refused = refusedNow(approvals);
  if (refused !== null) return refuse(refused);
  const { id, name } = request.requested_by;
  const members = { request_hash: requestHash(request), payload_hash: request.payload_hash, redeemed_by: { id, name } };
  const sealed = seal("approval.redeemed", members, { log, at, salt });
  return accept({ ...approval, redemption: { sealed, logged: null, idempotencyKey: call.idempotencyKey } });
}

/**
 * The approval after a report, or as it is if the same has been reported before. Once, except that `unknown` may be
 * followed by an outcome. `detailSalt` is b64u of 32 bytes, for the detail's hash.
 */
export function report(
  approval: ApprovalState,
  said: { outcome: CallOutcome; detail: string | null; detailSalt: string },
  { nowMs, salt, log }: Pick<Circumstances, "nowMs" | "salt" | "log">,
): Result<ApprovalState, ReportRefusal> {
  const { request, redemption, unknown, outcome } = approval;
  if (redemption === null || !isLogged(redemption)) return refuse({ reason: "not-redeemed" });
  const earlier = outcome ?? unknown;
  if (earlier !== null && isSaid(earlier, said)) return accept(approval);
  if (approval.log !== log) return refuse({ reason: "log-ended" });
  if (outcome !== null || (said.outcome === "unknown" && unknown !== null)) return refuse({ reason: "already-reported" });
  const members = {
    request_hash: requestHash(request),
    detail_hash: said.detail === null ? null : saltedTextHash("countersign/detail/v1", said.detailSalt, said.detail),
  };
  const at = laterOf(timestamp(nowMs), (unknown ?? redemption).sealed.record.at);
  const detail = said.detail === null ? null : { text: said.detail, salt: said.detailSalt };
  const made: Report = { sealed: seal(`call.${said.outcome}`, members, { log, at, salt }), logged: null, detail };
  return accept(said.outcome === "unknown" ? { ...approval, unknown: made } : { ...approval, outcome: made });
}

/** Whether a report says just this. Details whose words are not known any more are not the same as anything. */
export function isSaid({ sealed, detail }: Report, said: { outcome: CallOutcome; detail: string | null }): boolean {
  const { kind, detail_hash: hash } = sealed.record;
  return kind === `call.${said.outcome}` && (hash === null ? said.detail === null : detail?.text === said.detail);
}

/** Times in records never decrease, even where the clock of this machine steps back. */
const laterOf = (one: string, other: string): string => (one > other ? one : other);
