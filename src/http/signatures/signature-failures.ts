/** What callers are told of admins' signatures that do not serve: always the same; the reason stays in the log. */
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import type { AnswerTable, Failure } from "#rules/failure.ts";

const NOT_ACCEPTED: Failure = {
  code: "decision_not_accepted",
  message: "This signature was not accepted, and nothing was made. Sign again with your own passkey.",
};

/** For the tables of the rooms whose verbs are signed for. */
export const SIGNATURE_ANSWERS: AnswerTable<AuthorisationRefusal> = {
  "unknown-passkey": NOT_ACCEPTED,
  "passkey-of-somebody-else": NOT_ACCEPTED,
  "passkey-revoked": NOT_ACCEPTED,
  "assertion-rejected": NOT_ACCEPTED,
  "counter-went-back": NOT_ACCEPTED,
  "nonce-not-ours": NOT_ACCEPTED,
  "nonce-expired": NOT_ACCEPTED,
  "signed-for-something-else": NOT_ACCEPTED,
  "not-an-admin": NOT_ACCEPTED,
  "wrong-number-of-signatures": NOT_ACCEPTED,
  "not-ones-own": NOT_ACCEPTED,
  "authorisation-spent": NOT_ACCEPTED,
};
