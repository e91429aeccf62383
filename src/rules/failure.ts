/**
 * What a caller learns of a refusal, over MCP and REST alike. Coarse on purpose where the exact reason would help an
 * attacker: that goes to the log line. Each room has one table from its reasons to these answers (`publicAnswers`); HTTP statuses
 * are http/failures.ts.
 */
import type { ChallengeReason, EvidenceReason } from "#countersign/verified/verified-approval.ts";

export type FailureCode =
  | "invalid_request"
  | "invite_invalid"
  | "code_invalid"
  | "unauthorized"
  | "forbidden"
  | "not_eligible"
  | "decision_not_accepted"
  | "evidence_not_accepted"
  | "grant_not_accepted"
  | "too_many_grants"
  | "agent_stopped"
  | "policy_denied"
  | "denied_pattern"
  | "not_delegated"
  | "delegation_too_deep"
  | "delegation_too_wide"
  | "too_many_agents"
  | "outside_window"
  | "unwrap_failed"
  | "reason_required"
  | "policy_changed"
  | "policy_invalid"
  | "not_found"
  | "unknown_request"
  | "not_acceptable"
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
  | "person_stands"
  | "withheld"
  | "not_stopped"
  | "key_changed"
  | "agents_below"
  | "agent_renamed"
  | "channel_changed"
  | "server_changed"
  | "tools_changed"
  | "not_sendable"
  | "channels_not_available"
  | "gateway_not_available"
  | "payload_too_large"
  | "period_too_long"
  | "unsupported_media_type"
  | "payload_not_canonical"
  | "payload_mismatch"
  | "unknown_approver"
  | "no_eligible_approver"
  | "rate_limited"
  | "unknown_server"
  | "unknown_tool"
  | "tool_not_accepted"
  | "name_reserved"
  | "arguments_invalid"
  | "header_mismatch"
  | "secret_found"
  | "upstream_unavailable"
  | "needs_authentication"
  | "session_lost"
  | "interaction_refused"
  | "preview_failed"
  | "preview_changed"
  | "outcome_unknown"
  | "not_redeemable"
  | "no_question"
  | "number_in_answer"
  | "already_signed"
  | "too_early"
  | "no_more_time"
  | "number_not_matched"
  | "cooling_down"
  | "question_open"
  | "too_many_questions"
  | "metrics_off"
  | "unavailable";

/** A member of the input that does not fit. */
export interface FieldError {
  /** Path of the member, such as `approvers.users[0]`; empty for the document itself. */
  field: string;
  message: string;
}

/** One thing that is said of a policy's text (countersign/policy); lines and columns begin at 1. */
interface PolicyFault {
  level: "error" | "warning";
  code: string;
  line: number;
  column: number;
  path: string;
  message: string;
  hint: string;
}

export interface Failure {
  code: FailureCode;
  /** One sentence for a person: what happened, and what to do now. */
  message: string;
  errors?: FieldError[];
  /** The rule of the policy that says so. */
  rule?: string;
  /** What is wrong with a policy's text, and where. */
  findings?: readonly PolicyFault[];
  /** The policy that is in force; version 0 if none was published. */
  inForce?: { version: number; hash: string | null };
  /** Seconds, with `rate_limited` and `cooling_down`. */
  retryAfter?: number;
  /** Which check evidence of a passkey fails, with `evidence_not_accepted`; the record says it too. */
  evidence?: EvidenceReason | ChallengeReason;
  /** The passkey that was used is none of this service's: a browser may tell its password manager, which need not offer it again. */
  passkey?: "unknown";
  /** Why exactly, for the log line only; never sent. */
  reason?: string;
}

/** What an agent is told that was revoked while its call was answered. */
export const KEY_REVOKED: Failure = { code: "unauthorized", message: "This agent's key has been revoked." };

/** What an agent is told that was stopped, or everything was, while its call was answered or before. */
export const AGENT_STOPPED: Failure = {
  code: "agent_stopped",
  message:
    "A person has stopped this agent, or everything: nothing that was asked for before may be done any more. Stop, and tell whoever runs you.",
};

/** What an agent below another is told of what its key was not made for. */
export const NOT_DELEGATED: Failure = {
  code: "not_delegated",
  message: "This agent's key was not made for that server or tool: the agent above it may give it another. Nothing was sent or asked.",
};

/** One member of the input is to blame. */
export const fieldFailure = (field: string, message: string): Failure => ({
  code: "invalid_request",
  message: `${field}: ${message}.`,
  errors: [{ field, message }],
});

/** Why a verb did nothing: a word for the table and the log line, and the data that its answer needs. */
export interface Refusal {
  reason: string;
  /** More for the log line; never told to the caller. */
  detail?: string;
}

/** What callers are told of each reason that a verb may refuse with. One that is missing fails the type check. */
export type AnswerTable<Refused extends Refusal> = {
  readonly [Reason in Refused["reason"]]: Failure | ((refusal: Refused & { reason: Reason }) => Failure);
};

/**
 * The public answer to a refusal, by its room's table; the exact reason goes to the log line, unless the table names another.
 * Throws for a reason that no table knows: during a deployment, an object of the version before or after may have one.
 */
export const publicAnswers =
  <Refused extends Refusal>(table: AnswerTable<Refused>) =>
  (refusal: Refused): Failure => {
    const answers = table as Partial<Record<string, Failure | ((refused: Refused) => Failure)>>;
    const { reason, detail } = refusal;
    const answer = answers[reason];
    if (answer === undefined) throw new Error("a refusal without a public answer, perhaps of another version");
    const failure = typeof answer === "function" ? answer(refusal) : answer;
    return { reason: detail === undefined ? reason : `${reason}: ${detail}`, ...failure };
  };
