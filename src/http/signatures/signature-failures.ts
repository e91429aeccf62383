/** What callers are told of admins' signatures that do not serve. Of a forged one no more than that; the reason stays in the log. */
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import { passkeyAnswers } from "#rules/passkey-answers.ts";
import type { AnswerTable, Failure } from "#rules/failure.ts";

const NOT_ACCEPTED: Failure = {
  code: "decision_not_accepted",
  message: "This signature was not accepted, and nothing was made. Sign again with your own passkey.",
};

/** For the tables of the rooms whose verbs are signed for. */
export const SIGNATURE_ANSWERS: AnswerTable<AuthorisationRefusal> = {
  ...passkeyAnswers("decision_not_accepted", "Nothing was made."),
  "nonce-not-ours": NOT_ACCEPTED,
  "nonce-expired": {
    code: "decision_not_accepted",
    message: "It took too long to answer the prompt, and nothing was made. Sign again.",
  },
  "signed-for-something-else": NOT_ACCEPTED,
  "not-an-admin": NOT_ACCEPTED,
  "wrong-number-of-signatures": NOT_ACCEPTED,
  "not-ones-own": NOT_ACCEPTED,
  "authorisation-spent": NOT_ACCEPTED,
};
