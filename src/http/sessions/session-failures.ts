/** What is told when somebody does not get in: always the same, so that nobody learns which passkeys exist. */
import type { SignInRefusal } from "#gate/sessions/sign-in.ts";
import { type Failure, publicAnswers } from "#rules/failure.ts";

const NOT_SIGNED_IN: Failure = {
  code: "unauthorized",
  message: "This passkey could not be used to sign in. If it is new, an admin has to confirm it first.",
};

export const signInFailure = publicAnswers<SignInRefusal>({
  "unknown-passkey": NOT_SIGNED_IN,
  "passkey-of-somebody-else": NOT_SIGNED_IN,
  "passkey-revoked": NOT_SIGNED_IN,
  "assertion-rejected": NOT_SIGNED_IN,
  "counter-went-back": NOT_SIGNED_IN,
  "nonce-not-ours": NOT_SIGNED_IN,
  "nonce-expired": NOT_SIGNED_IN,
  "nonce-spent": NOT_SIGNED_IN,
  "no-user-handle": NOT_SIGNED_IN,
});

/** Of ending a session. Somebody else's looks like one that is not there. */
export const ownSessionFailure = publicAnswers<{ reason: "unknown-session" }>({
  "unknown-session": { code: "not_found", message: "You have no such session. Perhaps it has ended by itself." },
});
