/**
 * What a caller learns of a refusal, over MCP and REST alike. Coarse on purpose where the exact reason would help an
 * attacker: that goes to the log line. HTTP statuses are http/failures.ts.
 */

export type FailureCode =
  | "invalid_request"
  | "invite_invalid"
  | "unauthorized"
  | "forbidden"
  | "not_eligible"
  | "decision_not_accepted"
  | "agent_stopped"
  | "policy_denied"
  | "not_found"
  | "unknown_request"
  | "idempotency_conflict"
  | "not_final"
  | "already_final"
  | "already_decided"
  | "not_approved"
  | "already_redeemed"
  | "not_redeemed"
  | "already_reported"
  | "deadline_passed"
  | "log_ended"
  | "last_admin"
  | "payload_too_large"
  | "unsupported_media_type"
  | "payload_not_canonical"
  | "payload_mismatch"
  | "unknown_approver"
  | "no_eligible_approver"
  | "rate_limited"
  | "unavailable";

/** A member of the input that does not fit. */
export interface FieldError {
  /** Path of the member, such as `approvers.users[0]`; empty for the document itself. */
  field: string;
  message: string;
}

export interface Failure {
  code: FailureCode;
  /** One sentence for a person: what happened, and what to do now. */
  message: string;
  errors?: FieldError[];
  /** Seconds, with `rate_limited`. */
  retryAfter?: number;
  /** Why exactly, for the log line only; never sent. */
  reason?: string;
}
