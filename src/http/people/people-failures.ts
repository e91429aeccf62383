/** What callers are told of refusals around people and agents: one coarse answer a ceremony; the reason stays in the log. */
import type { AddRefusal } from "#gate/people/add-passkey.ts";
import type { RoleRefusal } from "#gate/people/change-roles.ts";
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import type { ConfirmationRefusal } from "#gate/people/confirm-passkey.ts";
import type { FirstPersonRefusal } from "#gate/people/enrol-first-person.ts";
import type { InvitedRefusal } from "#gate/people/enrol-invited.ts";
import type { Failure } from "#rules/failure.ts";
import type { InviteRefusal } from "#gate/people/invite-person.ts";
import type { SignInRefusal } from "#gate/sessions/sign-in.ts";

const explain = (refusal: { reason: string; detail?: string }): string =>
  refusal.detail === undefined ? refusal.reason : `${refusal.reason}: ${refusal.detail}`;

/** One member of the input is to blame. */
export const fieldFailure = (field: string, message: string, reason?: string): Failure => ({
  code: "invalid_request",
  message: `${field}: ${message}.`,
  errors: [{ field, message }],
  ...(reason === undefined ? {} : { reason }),
});

const NOT_ACCEPTED = "This passkey was not accepted, and nothing was stored.";

/** Of the first person's enrolment. */
export function firstPersonFailure(refusal: FirstPersonRefusal): Failure {
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
      return { code: "decision_not_accepted", message: `${NOT_ACCEPTED} Start again from the setup link.`, reason };
  }
}

/** Of every other new passkey. A code that is wrong, used or late is told in the same words: nobody learns which. */
export function newPasskeyFailure(refusal: InvitedRefusal | AddRefusal): Failure {
  const reason = explain(refusal);
  switch (refusal.reason) {
    case "invite-unknown":
    case "invite-used":
    case "invite-late":
    case "invite-closed":
      return {
        code: "invite_invalid",
        message: "This invitation is not valid: it was used, it is older than a day, or the link is not whole. Ask for a new one.",
        reason,
      };
    case "username-taken":
      return fieldFailure("username", "somebody else has this name", reason);
    case "username-of-another":
      return fieldFailure("username", "this invitation is for another name; ask whoever invited you which", reason);
    case "too-many-wait":
      return { code: "forbidden", message: "Too many passkeys wait already. Have one confirmed or discarded first.", reason };
    case "nonce-expired":
    case "nonce-not-ours":
    case "nonce-spent":
    case "passkey-known":
    case "registration-rejected":
      return { code: "decision_not_accepted", message: `${NOT_ACCEPTED} Start again.`, reason };
  }
}

/** Of inviting somebody. */
export function inviteFailure({ reason }: InviteRefusal): Failure {
  switch (reason) {
    case "unknown-person":
      return fieldFailure("person", "nobody has this id", reason);
    case "username-taken":
      return fieldFailure("username", "somebody has this name already", reason);
    case "roles-differ":
      return fieldFailure("roles", "another passkey changes nobody's roles; change those by themselves", reason);
    case "groups-differ":
      return fieldFailure("groups", "another passkey changes nobody's groups; change those by themselves", reason);
  }
}

/** Of signing in: always the same, so that nobody learns which passkeys exist. */
export const signInFailure = (refusal: SignInRefusal): Failure => ({
  code: "unauthorized",
  message: "This passkey could not be used to sign in. If it is new, an admin has to confirm it first.",
  reason: explain(refusal),
});

/** Of what admins sign for. */
export function authorisationFailure(refusal: AuthorisationRefusal | ConfirmationRefusal | RoleRefusal): Failure {
  const reason = explain(refusal);
  switch (refusal.reason) {
    case "not-waiting":
      return noSuchPasskey(reason);
    case "unknown-person":
      return { code: "not_found", message: "There is no such person.", reason };
    case "last-admin":
      return lastAdmin(reason);
    default:
      return {
        code: "decision_not_accepted",
        message: "This signature was not accepted, and nothing was made. Sign again with your own passkey.",
        reason,
      };
  }
}

export const noSuchPasskey = (reason: string): Failure => ({
  code: "not_found",
  message: "There is no such passkey. Perhaps somebody else has just dealt with it.",
  reason,
});

export const lastAdmin = (reason: string): Failure => ({
  code: "last_admin",
  message: "Too few admins with a passkey would be left. Make somebody else an admin first.",
  reason,
});
