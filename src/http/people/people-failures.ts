/** What callers are told of refusals around people: one coarse answer a ceremony; the reason stays in the log. */
import type { AddRefusal } from "#gate/people/add-passkey.ts";
import type { RoleRefusal } from "#gate/people/change-roles.ts";
import type { ConfirmationRefusal } from "#gate/people/confirm-passkey.ts";
import type { FirstPersonRefusal } from "#gate/people/enrol-first-person.ts";
import type { InvitedRefusal } from "#gate/people/enrol-invited.ts";
import type { InviteRefusal } from "#gate/people/invite-person.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { type AnswerTable, type Failure, fieldFailure, publicAnswers } from "#rules/failure.ts";

const notStored = (why: string): Failure => ({ code: "decision_not_accepted", message: `Nothing was stored. ${why}` });

/** Of making any passkey. */
const CEREMONY: AnswerTable<Extract<FirstPersonRefusal, AddRefusal>> = {
  "nonce-expired": notStored("It took too long to answer the prompt. Try again."),
  "nonce-not-ours": notStored("This page was open for too long, or the link is for somebody else. Open the link again."),
  "registration-rejected": notStored(
    "The passkey that this browser made was not accepted: it does not verify you by PIN, fingerprint or face, or it is of a kind that cannot be checked. Use another device, security key or browser.",
  ),
};

/** Of the first person's enrolment. */
export const firstPersonFailure = publicAnswers<FirstPersonRefusal>({
  "wrong-setup-token": {
    code: "unauthorized",
    message: "This setup link is not right. Open the one that the service printed when it started.",
  },
  "already-set-up": { code: "forbidden", message: "The first person is enrolled already. Sign in, or ask for an invitation." },
  ...CEREMONY,
});

/** Nobody may go by a name that could be taken for another's. */
const MISTAKABLE = {
  "username-mistakable": fieldFailure(
    "username",
    "somebody has a name that looks like this one; choose one that cannot be mistaken for it",
  ),
  "display-name-mistakable": fieldFailure(
    "display_name",
    "somebody has a name that looks like this one; choose one that cannot be mistaken for it, for example with a middle name",
  ),
} as const;

/** A code that is wrong, used or late is told in the same words: nobody learns which. */
const INVITE_INVALID: Failure = {
  code: "invite_invalid",
  message: "This invitation is not valid: it was used, it is older than a day, or the link is incomplete. Ask for a new one.",
};

/** Of every other new passkey. */
export const newPasskeyFailure = publicAnswers<InvitedRefusal | AddRefusal>({
  "invite-unknown": INVITE_INVALID,
  "invite-used": INVITE_INVALID,
  "invite-late": INVITE_INVALID,
  "invite-closed": INVITE_INVALID,
  "username-taken": fieldFailure("username", "somebody else has this name"),
  ...MISTAKABLE,
  "username-of-another": fieldFailure("username", "this invitation is for another name; ask whoever invited you which"),
  "too-many-wait": { code: "forbidden", message: "Too many of your passkeys are waiting already. Have one confirmed or discarded first." },
  ...CEREMONY,
  "nonce-spent": notStored("This prompt was answered already. Try again."),
  "passkey-known": notStored("This service has this passkey already. Sign in with it, or make one on another device."),
  "key-of-another": notStored(
    "Somebody else has a passkey with the same key, and a key is one person’s. Make one on another device, and tell an admin.",
  ),
});

/** Of inviting somebody, and of withdrawing that. */
export const inviteFailure = publicAnswers<InviteRefusal | { reason: "not-open" }>({
  "unknown-person": fieldFailure("person", "nobody has this id"),
  "username-taken": fieldFailure("username", "somebody has this name already"),
  ...MISTAKABLE,
  "roles-differ": fieldFailure("roles", "an invitation for another passkey cannot change roles; change them separately"),
  "groups-differ": fieldFailure("groups", "an invitation for another passkey cannot change groups; change them separately"),
  "not-open": { code: "not_found", message: "There is no such unused invitation." },
});

const NO_SUCH_PASSKEY: Failure = {
  code: "not_found",
  message: "There is no such passkey. Perhaps somebody else has just dealt with it.",
};

const LAST_ADMIN: Failure = {
  code: "last_admin",
  message: "Too few admins with a passkey would be left. Make somebody else an admin first.",
};

/** Of confirming a passkey and changing roles, which admins sign for. */
export const standingFailure = publicAnswers<ConfirmationRefusal | RoleRefusal>({
  ...SIGNATURE_ANSWERS,
  "not-waiting": NO_SUCH_PASSKEY,
  "name-of-another": {
    code: "decision_not_accepted",
    message:
      "Not confirmed: somebody has a name that looks like this person's, and one could be taken for the other. Discard it, and invite them again.",
  },
  "key-of-another": {
    code: "decision_not_accepted",
    message: "Not confirmed: this passkey has the same key as one of somebody else, and a key is one person's. Discard it.",
  },
  "unknown-person": { code: "not_found", message: "There is no such person." },
  "last-admin": LAST_ADMIN,
});

/** Of revoking and naming a passkey, which nobody signs for. */
export const passkeyFailure = publicAnswers<{ reason: "unknown-passkey" | "last-admin" | "role-missing" | "nothing-to-name" }>({
  "unknown-passkey": NO_SUCH_PASSKEY,
  "nothing-to-name": NO_SUCH_PASSKEY,
  "last-admin": LAST_ADMIN,
  "role-missing": { code: "forbidden", message: "Only admins revoke somebody else's passkey." },
});

/** Of looking people up. `no-such-place`: a cursor that this service has not given. */
export const peopleFailure = publicAnswers<{ reason: "no-such-place" | "unknown-person" }>({
  "no-such-place": fieldFailure("cursor", "this is none that a list has given"),
  "unknown-person": { code: "not_found", message: "There is no such person." },
});
