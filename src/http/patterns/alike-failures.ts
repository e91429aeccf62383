/** What a person is told who denies what is alike, where that is not taken. */
import { personFailure } from "#gate/approvals/approval-failures.ts";
import type { AlikeRefusal, Denial } from "#gate/patterns/deny-alike.ts";
import type { LeftOut } from "#gate/patterns/draft-denials.ts";
import { type Failure, publicAnswers } from "#rules/failure.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";

const SIGNED_TOO_LATE: Failure = {
  code: "decision_not_accepted",
  message: "This was signed too long ago, or something else than was asked for. Nothing was recorded. Reload the page and sign again.",
};

export const alikeFailure = publicAnswers<AlikeRefusal>({
  "not-visible": personFailure({ reason: "not-visible" }),
  "signed-otherwise": SIGNED_TOO_LATE,
  "nonce-not-ours": SIGNED_TOO_LATE,
  "nonce-expired": SIGNED_TOO_LATE,
  ...passkeyAnswers("decision_not_accepted", "Nothing was recorded."),
});

/** Why a request is not among those that are signed for. */
export const leftOutFailure = publicAnswers<Pick<LeftOut, "reason">>({
  "already-final": personFailure({ reason: "already-final" }),
  "already-decided": personFailure({ reason: "already-decided" }),
  "unknown-request": personFailure({ reason: "unknown-request" }),
  "not-alike": { code: "unknown_request", message: "This is no request that is like it." },
  "not-in-batches": personFailure({ reason: "not-in-batches" }),
});

const NOT_KNOWN: Failure = { code: "unavailable", message: "It is not known whether this denial was recorded. Send the same again." };

/** What became of one denial that does not count. */
export const denialFailure = (refusal: Extract<Denial, { refusal: unknown }>["refusal"]): Failure =>
  refusal.reason === "not-known" ? NOT_KNOWN : personFailure(refusal);
