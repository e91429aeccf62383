/** How the SDK says that something must not be done: typed errors, each with a code. None of them means that anything is approved. */
import type { Approval, Refused } from "../answers.ts";
import { denialText } from "./denial-text.ts";

/** What it takes to go on with a request, in any process: it may be stored as JSON, and says nothing secret. */
export interface AskedState {
  request_id: string;
  /** SHA-256 of the canonical payload, hexadecimal. */
  payload_hash: string;
}

export interface ErrorDetails {
  /** Of the request that this is about, if there is one. */
  state?: AskedState | undefined;
  /** The request as it was read last. */
  approval?: Approval | undefined;
  /** Of asking, where it is not known whether it was asked: ask again with this key. */
  idempotencyKey?: string | undefined;
  /** With `log_inconsistent`: what proves it to anybody. */
  evidence?: string | undefined;
  cause?: unknown;
}

/** Whatever keeps an action from being done. */
export class CountersignError extends Error {
  override readonly name: string = "CountersignError";
  /** A code of the service, or one of the SDK's own (docs/interfaces.md, "SDK"). */
  readonly code: string;
  readonly state?: AskedState;
  readonly approval?: Approval;
  readonly idempotencyKey?: string;
  readonly evidence?: string;

  constructor(code: string, message: string, { state, approval, idempotencyKey, evidence, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (state !== undefined) this.state = state;
    if (approval !== undefined) this.approval = approval;
    if (idempotencyKey !== undefined) this.idempotencyKey = idempotencyKey;
    if (evidence !== undefined) this.evidence = evidence;
  }
}

/** People said no, or a rule of theirs did before anybody was asked (`policy_denied` and its like). The message is for the model. */
export class ApprovalDenied extends CountersignError {
  override readonly name = "ApprovalDenied";
}

/** Nobody decided before the deadline, or it was not used before its own. */
export class ApprovalExpired extends CountersignError {
  override readonly name = "ApprovalExpired";
}

/** It was withdrawn: by the agent, or because the agent was stopped. */
export class ApprovalCancelled extends CountersignError {
  override readonly name = "ApprovalCancelled";
}

/** Not decided yet, and nobody waits any longer (`pending`, `aborted`). `resume(error.state)` goes on, in any process. */
export class ApprovalPending extends CountersignError {
  override readonly name = "ApprovalPending";
}

/** Something is said to be approved that is not shown to be: the receipt, its log, its basis or its payload does not hold. */
export class NotVerified extends CountersignError {
  override readonly name = "NotVerified";
}

/** No answer of the service came through. With a state it can be gone on with. */
export class ServiceUnavailable extends CountersignError {
  override readonly name = "ServiceUnavailable";
}

/** The approval is used up, and it was not by this attempt that its action is known to have been done, or not: look before you act. */
export class OutcomeNotKnown extends CountersignError {
  override readonly name = "OutcomeNotKnown";
}

/** Of a request that nobody waits for any longer. */
export const abandoned = (state: AskedState, approval: Approval | null): ApprovalPending =>
  new ApprovalPending("aborted", "Nobody waits for this any longer: it is not done. Resume it to go on.", {
    state,
    approval: approval ?? undefined,
  });

/** Of a request about which nobody has decided in the time that there was. */
export const undecided = (state: AskedState, approval: Approval | null): ApprovalPending =>
  new ApprovalPending("pending", "This is not decided yet: it must not be done. Resume it to go on.", {
    state,
    approval: approval ?? undefined,
  });

/** Codes by which the client says that what was told does not hold. */
const NOT_VERIFIED = new Set(["receipt_invalid", "basis_not_allowed", "payload_mismatch", "checkpoint_invalid"]);

/** Codes by which a rule refuses what is asked. */
const DENIED_BY_RULES = new Set(["policy_denied", "denied_pattern", "outside_window"]);

/** The error of a call that was refused. */
export function errorOfRefusal(refused: Refused, details: ErrorDetails = {}): CountersignError {
  const { code, message, status, idempotencyKey, evidence } = refused;
  const all = { ...details, idempotencyKey, evidence };
  if (NOT_VERIFIED.has(code) || code.startsWith("log_")) return new NotVerified(code, message, all);
  if (DENIED_BY_RULES.has(code)) return new ApprovalDenied(code, message, all);
  if (code === "already_redeemed") return new OutcomeNotKnown(code, message, all);
  const isUnanswered = code === "unreadable" || code === "unreachable" || (status !== null && (status >= 500 || status === 429));
  return isUnanswered ? new ServiceUnavailable(code, message, all) : new CountersignError(code, message, all);
}

/** The error of a request that has ended, and not with an approval; null of an approved one, and of one that is pending. */
export function errorOfEnd(approval: Approval, state: AskedState): CountersignError | null {
  const details = { state, approval };
  switch (approval.status) {
    case "approved":
    case "pending":
      return null;
    case "denied":
      return new ApprovalDenied("denied", denialText(approval), details);
    case "expired":
      return new ApprovalExpired("expired", denialText(approval), details);
    case "cancelled":
      return new ApprovalCancelled("cancelled", denialText(approval), details);
    default:
      return new CountersignError("status_unknown", denialText(approval), details);
  }
}
