/** What browsers send about people, member by member. Whether it is true is gate/'s to find out. */
import * as z from "zod/mini";
import { codeIn } from "./invite-link.ts";
import { MAX_KEY_OVERLAP_HOURS } from "#countersign/documents/record.ts";
import { USERNAME_PATTERN } from "#countersign/documents/words.ts";

export const base64urlText = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,65536}$/, "base64url, not empty"));
const printable = z.regex(/^\P{Cc}*$/u, "no control characters");
/** A name that people read: 1–80 characters without control characters; spaces around it are dropped. */
const spokenName = z.string().check(z.trim(), z.minLength(1), z.maxLength(80), printable);
/** Names without any look alike. What is empty is refused by its length. */
const HAS_LETTER = /^$|[\p{L}\p{N}]/u;
/**
 * A person's, which pages show with the username in brackets after it: so it has no brackets of its own, and something to tell it
 * from others by.
 */
const displayName = spokenName.check(
  z.regex(HAS_LETTER, "at least one letter or digit"),
  z.regex(/^[^\p{Ps}\p{Pe}<>@]*$/u, "no brackets and no @: the username is shown beside it"),
);
/** As `spokenName`, or empty: no name. */
const passkeyName = z.string().check(z.trim(), z.maxLength(80), printable);
const username = z
  .string()
  .check(z.regex(USERNAME_PATTERN, "1 to 32 of a–z, 0–9, dot, hyphen and underscore, starting with a letter or digit"));
const secretText = z.string().check(z.minLength(1), z.maxLength(2_000));
const personId = z.string().check(z.regex(/^usr_[A-Za-z0-9_-]{1,64}$/, "person id"));
const newPersonId = z.string().check(z.regex(/^usr_[A-Za-z0-9_-]{22}$/, "the person id that came with the options"));

const ROLES = ["admin", "approver", "auditor"] as const;
/** Each once, in one order: two admins who mean the same sign the same. */
const roles = z.pipe(
  z.array(z.enum(ROLES)).check(z.maxLength(ROLES.length)),
  z.transform((given) => ROLES.filter((role) => given.includes(role))),
);
const groups = z.pipe(
  z.array(z.string().check(z.trim(), z.minLength(1), z.maxLength(64), printable)).check(z.maxLength(50)),
  z.transform((given) => [...new Set(given)].toSorted()),
);

/** As browsers give it: members that this service has no use for may come along. */
const publicKeyCredential = <Response extends z.ZodMiniType>(response: Response) =>
  z.object({ id: base64urlText, rawId: base64urlText, type: z.literal("public-key"), response });
const registration = publicKeyCredential(
  z.object({ clientDataJSON: base64urlText, attestationObject: base64urlText, transports: z.optional(z.array(z.string())) }),
);

const firstIntroduction = { token: secretText, username, display_name: displayName };
export const setupOptionsBody = z.strictObject(firstIntroduction);
export const setupFinishBody = z.strictObject({ ...firstIntroduction, nonce: base64urlText, person: newPersonId, response: registration });

/** Whoever takes all that stands behind the # for the code means the code. */
const inviteCode = z.pipe(secretText, z.transform(codeIn));
const invitedIntroduction = { code: inviteCode, username, display_name: displayName };
export const enrolOptionsBody = z.strictObject(invitedIntroduction);
export const enrolFinishBody = z.strictObject({ ...invitedIntroduction, nonce: base64urlText, person: personId, response: registration });

/** The passkey that was made with the invitation of this code. */
export const enrolStateBody = z.strictObject({ code: inviteCode, credential_id: base64urlText });

export const accountOptionsBody = z.strictObject({});
export const accountFinishBody = z.strictObject({ nonce: base64urlText, response: registration, name: z.optional(passkeyName) });
export const passkeyNameBody = z.strictObject({ name: passkeyName });

export const signInFinishBody = z.strictObject({
  nonce: base64urlText,
  response: publicKeyCredential(
    z.object({
      clientDataJSON: base64urlText,
      authenticatorData: base64urlText,
      signature: base64urlText,
      userHandle: z.nullish(z.string()),
    }),
  ),
});

/** Somebody new, with `roles`; or, with `person`, somebody known, who stays as they are. */
export const inviteBody = z.strictObject({
  username: z.optional(username),
  display_name: z.optional(displayName),
  roles: z.optional(roles),
  groups: z.optional(groups),
  person: z.optional(personId),
});

/** `authorisation` has the shape of formats.md's `authorised_by`, which core/ knows. */
const authorisation = z.array(z.unknown());
const agentId = z.string().check(z.regex(/^agt_[A-Za-z0-9_-]{22}$/, "agent id"));
/** A name that something is told apart by. */
export const distinctName = spokenName.check(z.regex(HAS_LETTER, "at least one letter or digit"));
/** With an id: the agent that another admin has signed for. */
export const agentDraftBody = z.strictObject({ name: distinctName, id: z.optional(agentId) });
export const agentBody = z.strictObject({ name: distinctName, authorisation });

/** Without a name it keeps the one that it has. */
export const agentChangeBody = z.strictObject({ name: z.optional(distinctName), groups, authorisation });
/** For how many hours a key serves after it was replaced: a day, if nothing is said. */
const overlapHours = z._default(z.int().check(z.minimum(0), z.maximum(MAX_KEY_OVERLAP_HOURS)), 24);
/** `number`: of the key that is replaced. */
export const agentKeyBody = z.strictObject({ number: z.int().check(z.minimum(1)), overlap_hours: overlapHours, authorisation });
export const releaseBody = z.strictObject({ number: z.int().check(z.minimum(1)), authorisation });
/** `agent` null is everything. */
export const stopByTokenBody = z.strictObject({ agent: z.nullable(agentId) });
/** Of a release, `agent` null is everything. */
export const agentChangeDraftBody = z.discriminatedUnion("operation", [
  z.strictObject({ operation: z.literal("agent.changed"), agent: agentId, name: z.optional(distinctName), groups }),
  z.strictObject({ operation: z.literal("stop.released"), agent: z.nullable(agentId) }),
  z.strictObject({ operation: z.literal("agent.key_rotated"), agent: agentId, overlap_hours: overlapHours }),
]);

export const peopleDraftBody = z.discriminatedUnion("operation", [
  z.strictObject({ operation: z.literal("passkey.enrolled"), credential_id: base64urlText }),
  z.strictObject({ operation: z.literal("role.changed"), person: personId, roles, groups }),
]);
export const erasureDraftBody = z.strictObject({ person: personId });
export const erasureBody = z.strictObject({ authorisation });
export const confirmBody = z.strictObject({ authorisation });
export const rolesBody = z.strictObject({ roles, groups, authorisation });
