/** What a person is told who decides several requests at once, where that is not taken. */
import { personFailure } from "#gate/approvals/approval-failures.ts";
import type { LeftOut } from "#gate/batch/batch-requests.ts";
import type { Brought } from "#gate/batch/bring-decisions.ts";
import type { DecideBatchRefusal } from "#gate/batch/decide-batch.ts";
import { MAX_BATCH } from "#countersign/documents/statement.ts";
import { type Failure, publicAnswers } from "#rules/failure.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";

const SIGNED_TOO_LATE: Failure = {
  code: "decision_not_accepted",
  message: "This was signed too long ago, or something else than was asked for. Nothing was recorded. Reload the page and sign again.",
};

/** Why none of them is taken. */
export const batchFailure = publicAnswers<DecideBatchRefusal>({
  "signed-otherwise": SIGNED_TOO_LATE,
  "nonce-not-ours": SIGNED_TOO_LATE,
  "nonce-expired": SIGNED_TOO_LATE,
  ...passkeyAnswers("decision_not_accepted", "Nothing was recorded."),
});

/** Why a request is not among those that are signed for. */
export const notInBatchFailure = publicAnswers<Pick<LeftOut, "reason">>({
  "already-final": { code: "already_final", message: "It has ended." },
  "already-decided": { code: "already_decided", message: "You have signed it already." },
  "unknown-request": { code: "unknown_request", message: "There is no such request, or it is not yours to decide." },
  "not-in-batches": {
    code: "decision_not_accepted",
    message: "It was asked for before a policy was published, and is decided by itself.",
  },
  "critical-alone": { code: "decision_not_accepted", message: "Its risk is critical: it is decided by itself." },
  "number-alone": {
    code: "decision_not_accepted",
    message: "Its agent shows a number that is picked for it alone: it is decided by itself.",
  },
  "discussed-alone": {
    code: "decision_not_accepted",
    message: "Somebody has denied it, or a question to its agent waits for an answer: it is decided by itself.",
  },
  "too-many": { code: "decision_not_accepted", message: `At most ${MAX_BATCH} are looked at together: it is for the next time.` },
});

const NOT_KNOWN: Failure = { code: "unavailable", message: "It is not known whether this decision was recorded. Send the same again." };

/** Why one decision does not count. */
export const broughtFailure = (refusal: Extract<Brought, { refusal: unknown }>["refusal"]): Failure =>
  refusal.reason === "not-known" ? NOT_KNOWN : personFailure(refusal);
