/** What an agent is told when an approval cannot be used. */
import type { Failure } from "#rules/failure.ts";
import type { UseRefusal } from "./object/use-approval.ts";

const NOT_LOGGED =
  "This is not in the log yet: do not act. With an idempotency key, call again with the same arguments; without one, ask for a new approval.";

const LOG_ENDED = "The log that this approval is in has ended, and nothing more is done with it: do not act on it. Ask again.";

/** The failure for a refusal. */
export function useFailure(refusal: UseRefusal): Failure {
  const reason = refusal;
  switch (refusal) {
    case "unknown-request":
      return { code: "unknown_request", message: "There is no such request of yours.", reason };
    case "agent-stopped":
      return { code: "unauthorized", message: "This agent's key has been revoked.", reason };
    case "not-approved":
      return { code: "not_approved", message: "This request is not approved: do not act on it.", reason };
    case "approver-revoked":
      return { code: "not_approved", message: "Whoever approved this may not approve any more: do not act on it. Ask again.", reason };
    case "payload-mismatch":
      return { code: "payload_mismatch", message: "This is not the payload that was approved: do not act on it.", reason };
    case "use-by-passed":
      return { code: "deadline_passed", message: "It is later than use_by: do not act on it. Ask again if it is still needed.", reason };
    case "already-redeemed":
      return { code: "already_redeemed", message: "This approval has been redeemed by another call: do not act on it again.", reason };
    case "not-redeemed":
      return { code: "not_redeemed", message: "Redeem the approval before you report how the action went.", reason };
    case "already-reported":
      return { code: "already_reported", message: "Another outcome has been reported for this action.", reason };
    case "log-ended":
      return { code: "log_ended", message: LOG_ENDED, reason };
    case "not-logged":
      return { code: "unavailable", message: NOT_LOGGED, reason };
  }
}
