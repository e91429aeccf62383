/** What admins and auditors are told of refusals around the record. */
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `no-such-place`: a cursor that this service has not given. */
interface AuditRefusal {
  reason: "record-off" | "unknown-entry" | "no-such-place" | "no-such-time-from" | "no-such-time-to" | "too-many-filters";
}

export const auditFailure = publicAnswers<AuditRefusal>({
  "record-off": {
    code: "gateway_not_available",
    message: "The record is not available here: this deployment has no database AUDIT, in which it is searched. Its operator can make one.",
  },
  "unknown-entry": { code: "not_found", message: "There is no such entry, or it is not kept any more." },
  "no-such-place": fieldFailure("cursor", "no answer of this service had this"),
  "no-such-time-from": fieldFailure("from", "there is no such time"),
  "no-such-time-to": fieldFailure("to", "there is no such time"),
  "too-many-filters": fieldFailure("name", "there are fifty already: forget one first"),
});
