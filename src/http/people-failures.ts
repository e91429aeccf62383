/** What callers are told of refusals around people and agents: one coarse answer a ceremony; the reason stays in the log. */
import type { AuthorisationRefusal } from "../gate/authorise-admin.ts";
import type { EnrolmentRefusal } from "../gate/enrol-first-person.ts";
import type { Failure } from "../gate/failure.ts";
import type { SignInRefusal } from "../gate/sign-in.ts";

const explain = (refusal: { reason: string; detail?: string }): string =>
  refusal.detail === undefined ? refusal.reason : `${refusal.reason}: ${refusal.detail}`;

/** Of the first person's enrolment. */
export function enrolmentFailure(refusal: EnrolmentRefusal): Failure {
  const reason = explain(refusal);
  switch (refusal.reason) {
    case "wrong-setup-token":
      return {
        code: "unauthorized",
        message: "This setup link is not right. Open the one that the service printed when it started.",
        reason,
      };
    case "already-set-up":
      return { code: "forbidden", message: "The first person is enrolled already. Sign in, or ask for an invitation.", reason };
    case "nonce-expired":
    case "nonce-not-ours":
    case "registration-rejected":
      return {
        code: "decision_not_accepted",
        message: "This passkey was not accepted, and nothing was stored. Start again from the setup link.",
        reason,
      };
  }
}

/** Of signing in: always the same, so that nobody learns which passkeys exist. */
export const signInFailure = (refusal: SignInRefusal): Failure => ({
  code: "unauthorized",
  message: "This passkey could not be used to sign in. Try again.",
  reason: explain(refusal),
});

/** Of an admin's signature. */
export const authorisationFailure = (refusal: AuthorisationRefusal | { reason: "authorisation-spent" }): Failure => ({
  code: "decision_not_accepted",
  message: "This signature was not accepted, and nothing was made. Sign again with your own passkey.",
  reason: explain(refusal),
});
