/** What is told when somebody does not get in, and of ending sessions. */
import { passkeyAnswers } from "#rules/passkey-answers.ts";
import type { PairingRefusal } from "#gate/sessions/pairing.ts";
import type { SignInRefusal } from "#gate/sessions/sign-in.ts";
import { type Failure, publicAnswers } from "#rules/failure.ts";

const notSignedIn = (why: string): Failure => ({ code: "unauthorized", message: `You are not signed in. ${why}` });
const AGAIN = notSignedIn("This prompt was answered already. Try again.");

export const signInFailure = publicAnswers<SignInRefusal>({
  ...passkeyAnswers("unauthorized", "You are not signed in."),
  "passkey-waits": notSignedIn(
    "This passkey is waiting for an admin, who has to confirm it before it opens anything. Read its digits to one.",
  ),
  "nonce-not-ours": AGAIN,
  "nonce-expired": notSignedIn("It took too long to answer the prompt. Try again."),
  "nonce-spent": AGAIN,
  "no-user-handle": notSignedIn("This passkey does not say whose it is. Use the one that you made for this service."),
});

/** Of ending a session. Somebody else's looks like one that is not there. */
export const ownSessionFailure = publicAnswers<{ reason: "unknown-session" }>({
  "unknown-session": { code: "not_found", message: "You have no such session. Perhaps it has ended by itself." },
});

/** Of somebody else's sessions. */
export const personSessionFailure = publicAnswers<{ reason: "unknown-person" }>({
  "unknown-person": { code: "not_found", message: "There is no such person." },
});

const notLetIn = (why: string): Failure => ({ code: "decision_not_accepted", message: `The command line was not let in. ${why}` });
const SIGN_AGAIN = notLetIn("This signature was not accepted. Enter the code and sign again with your own passkey.");

/** Of letting a command line in. Whether a code is wrong, over or answered is not told. */
export const pairingFailure = publicAnswers<PairingRefusal | { reason: "unknown-device-code" | "too-many-pairings" }>({
  ...passkeyAnswers("decision_not_accepted", "The command line was not let in."),
  "nonce-not-ours": SIGN_AGAIN,
  "nonce-expired": notLetIn("It took too long to answer the prompt. Enter the code again."),
  "nonce-spent": SIGN_AGAIN,
  "signed-for-something-else": SIGN_AGAIN,
  "unknown-code": {
    code: "code_invalid",
    message: "No command line waits with this code. It lasts ten minutes and serves once: run countersign login again.",
  },
  "unknown-device-code": {
    code: "code_invalid",
    message: "Nobody has let this command line in, and its code is over. Run countersign login again.",
  },
  "too-many-pairings": {
    code: "rate_limited",
    message: "Too many command lines ask at the same time. Try again in ten minutes.",
    retryAfter: 600,
  },
});
