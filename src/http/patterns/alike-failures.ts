/** What a person is told who denies what is alike, where that is not taken. */
import { personFailure } from "#gate/approvals/approval-failures.ts";
import type { AlikeRefusal } from "#gate/patterns/deny-alike.ts";
import type { NotDenied } from "#gate/patterns/draft-denials.ts";
import { batchFailure } from "#http/batch/batch-failures.ts";
import { publicAnswers } from "#rules/failure.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";

export const alikeFailure = publicAnswers<AlikeRefusal>({
  "not-visible": personFailure({ reason: "not-visible" }),
  "signed-otherwise": batchFailure({ reason: "signed-otherwise" }),
  "nonce-not-ours": batchFailure({ reason: "nonce-not-ours" }),
  "nonce-expired": batchFailure({ reason: "nonce-expired" }),
  ...passkeyAnswers("decision_not_accepted", "Nothing was recorded."),
});

/** Why a request is not among those that are signed for. */
export const notDeniedFailure = publicAnswers<Pick<NotDenied, "reason">>({
  "already-final": personFailure({ reason: "already-final" }),
  "already-decided": personFailure({ reason: "already-decided" }),
  "unknown-request": personFailure({ reason: "unknown-request" }),
  "not-alike": { code: "unknown_request", message: "This is no request that is like it." },
  "not-in-batches": personFailure({ reason: "not-in-batches" }),
});
