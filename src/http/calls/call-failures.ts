/** What admins and auditors are told of refusals around calls. */
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `no-such-place`: a cursor that this service has not given. */
interface CallRoutesRefusal {
  reason:
    | "gateway-off"
    | "unknown-call"
    | "unknown-challenge"
    | "unknown-notice"
    | "no-such-place"
    | "no-such-time-from"
    | "no-such-time-to";
}

export const callFailure = publicAnswers<CallRoutesRefusal>({
  "gateway-off": {
    code: "gateway_not_available",
    message: "The gateway is off here: this deployment has no database AUDIT, in which calls are recorded. Its operator can make one.",
  },
  "unknown-call": {
    code: "not_found",
    message: "There is no such call, it is not kept any more, or it is on its way into the log: then try again in a minute.",
  },
  "unknown-challenge": { code: "not_found", message: "No challenge of this name was consumed here." },
  "unknown-notice": { code: "not_found", message: "No call with this number passed with a notice, or it is not kept any more." },
  "no-such-place": fieldFailure("cursor", "no answer of this service had this"),
  "no-such-time-from": fieldFailure("from", "there is no such time"),
  "no-such-time-to": fieldFailure("to", "there is no such time"),
});
