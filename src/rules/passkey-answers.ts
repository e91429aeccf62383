/**
 * What a person is told of a passkey that is not taken: what happened, and what to do. More than that it is not taken is told only to
 * whoever signed with it, so that nobody learns how a passkey stands that is not theirs. That a passkey is unknown is told to anybody:
 * its id cannot be guessed, and whoever has it from a receipt knows that it was enrolled.
 */
import type { Failure } from "./failure.ts";

/** Why a passkey is not taken. */
export type PasskeyReason =
  | "unknown-passkey"
  | "passkey-of-somebody-else"
  | "passkey-revoked"
  | "assertion-rejected"
  | "backup-eligibility-changed"
  | "counter-went-back";

/** `code` is that of the ceremony, `nothing` says what did not happen, as a sentence. */
export function passkeyAnswers(code: Failure["code"], nothing: string): Record<PasskeyReason, Failure> {
  const notTaken = (why: string): Failure => ({ code, message: `${nothing} ${why}` });
  const rejected = notTaken("This passkey’s answer was not accepted. Reload the page and try again; if it stays so, tell an admin.");
  return {
    "unknown-passkey": {
      ...notTaken("This service does not know this passkey. Use another one, or ask an admin to invite you again."),
      passkey: "unknown",
    },
    "passkey-revoked": {
      ...notTaken("This passkey was revoked, and opens nothing any more. Use another one, or ask an admin to invite you again."),
      passkey: "unknown",
    },
    "passkey-of-somebody-else": rejected,
    "assertion-rejected": rejected,
    "backup-eligibility-changed": notTaken(
      "This passkey says something else about being synchronised than when it was made, so it may not be the same one. Use another one, and tell an admin.",
    ),
    "counter-went-back": notTaken(
      "This passkey’s counter went back, so it may have been copied. Use another one, and tell an admin, who can revoke it.",
    ),
  };
}
