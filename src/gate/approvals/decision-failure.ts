/** What a person is told when a decision is not taken. Coarse where the reason would help whoever forges one. */
import type { Failure } from "#rules/failure.ts";
import type { DecisionRefusal } from "./object/record-decision.ts";

const NOT_ACCEPTED = "This signature was not accepted, and nothing was recorded. Reload the page and sign again with your own passkey.";

/** The failure for a refusal; the exact reason goes to the log line. */
export function decisionFailure(refusal: DecisionRefusal): Failure {
  const reason = typeof refusal === "string" ? refusal : `${refusal.reason}: ${refusal.detail}`;
  switch (typeof refusal === "string" ? refusal : refusal.reason) {
    case "unknown-request":
      return { code: "unknown_request", message: "There is no such request, or it is not yours to decide.", reason };
    case "already-final":
      return { code: "already_final", message: "This request has ended already.", reason };
    case "deadline-passed":
      return { code: "deadline_passed", message: "The time to decide is over; nothing was recorded.", reason };
    case "not-eligible":
    case "person-not-standing":
      return { code: "not_eligible", message: "You cannot decide this request; nothing was recorded.", reason };
    case "already-decided":
      return { code: "already_decided", message: "You have signed this request already.", reason };
    case "agent-stopped":
      return { code: "agent_stopped", message: "The agent that asked has been revoked, so its request was cancelled.", reason };
    case "log-ended":
      return { code: "log_ended", message: "The log that this request belonged to has ended: it has to be asked for again.", reason };
    case "nonce-unknown":
    case "assertion-rejected":
      return { code: "decision_not_accepted", message: NOT_ACCEPTED, reason };
  }
}
