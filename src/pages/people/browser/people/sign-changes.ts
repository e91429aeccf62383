/** What an admin signs on `/admin/people`: confirming a passkey, and changing roles and groups. */
import { fromB64u, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { boolean, integer, isObject, object, type Shape, text } from "#countersign/json/shape.ts";
import { base64url, count, personId, username } from "#countersign/documents/words.ts";
import { accept, refuse } from "#countersign/result.ts";
import * as shapes from "#api/people-shapes.ts";
import type { PersonItem, WaitingPasskeyItem } from "#api/people-data.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { post, type Problem, put } from "#pages/kit/browser/post.ts";
import { foundAfter } from "#pages/kit/browser/unknown-answer.ts";
import { peopleScriptTexts } from "#texts/browser/people.ts";
import { sameMembers, type ChosenRoles } from "./role-fields.ts";

/** Done, not yet because another admin has to sign as well, or not, and why. */
export type Change = { done: true } | { done: false; awaits: string } | { done: false; told: string };

/** Reads again what has become of a change whose answer was lost: `undefined` if nothing has, null if it could not be read. */
type Reread = () => Promise<Change | undefined | null>;

const person = object({ id: personId, username });
const enrolment = object({
  person,
  roles: shapes.roles,
  groups: shapes.groups,
  credential: object({ id: base64url(), public_key: base64url(), alg: integer(-65_535, -1), backup_eligible: boolean }),
  display_name: text(),
});
const roleChange = object({ person, roles: shapes.roles, groups: shapes.groups });

const counted = object({ signatures: count, required: count });
/** How many have signed so far; null once the change is made. */
const progress: Shape<{ signatures: number; required: number } | null> = (value, path) =>
  isObject(value) && "signatures" in value ? counted(value, path) : null;

/** What became of a change that did not come back as made. */
async function changeAfter(problem: Problem, reread: Reread): Promise<Change> {
  const found = await foundAfter(problem, async () => {
    const change = await reread();
    return change === null ? refuse(null) : accept(change ?? null);
  });
  return found.ok ? found.value : { done: false, told: found.refusal };
}

/** Null: made; else how many have signed. */
export const changeOf = (signed: { signatures: number; required: number } | null): Change =>
  signed === null ? { done: true } : { done: false, awaits: peopleScriptTexts.signing.awaits(signed.signatures, signed.required) };

const isPerson = (signed: { id: string; username: string }, shown: PersonItem): boolean =>
  signed.id === shown.id && signed.username === shown.username;

/** Whether both are the same roles and groups. */
export const isStanding = (signed: ChosenRoles, shown: ChosenRoles): boolean =>
  sameMembers(signed.roles, shown.roles) && sameMembers(signed.groups, shown.groups);

/** Signs that this passkey is the person's, with the roles and groups shown beside it. */
export async function signConfirmation(shown: PersonItem, passkey: WaitingPasskeyItem, admin: string, reread: Reread): Promise<Change> {
  const authorised = await authorise({
    path: "/admin/people/statement",
    body: { operation: "passkey.enrolled", credential_id: passkey.credential_id },
    operation: "passkey.enrolled",
    parameters: enrolment,
    isShown: (signed) =>
      isPerson(signed.person, shown) &&
      signed.display_name === shown.display_name &&
      isStanding(signed, passkey) &&
      signed.credential.id === passkey.credential_id &&
      signed.credential.backup_eligible === passkey.backup_eligible &&
      hex(sha256(fromB64u(signed.credential.public_key) ?? new Uint8Array())) === passkey.fingerprint,
    admin,
  });
  if (!authorised.ok) return { done: false, told: authorised.refusal };
  const path = `/api/v1/people/${shown.id}/passkeys/${passkey.credential_id}/confirm`;
  const answer = await post(path, { authorisation: authorised.value }, progress);
  return answer.ok ? changeOf(answer.value) : changeAfter(answer.refusal, reread);
}

/** Signs that the person has these roles and groups from now on. */
export async function signRoleChange(shown: PersonItem, { roles, groups }: ChosenRoles, admin: string, reread: Reread): Promise<Change> {
  const chosen = { roles, groups };
  const authorised = await authorise({
    path: "/admin/people/statement",
    body: { operation: "role.changed", person: shown.id, ...chosen },
    operation: "role.changed",
    parameters: roleChange,
    isShown: (signed) => isPerson(signed.person, shown) && isStanding(signed, chosen),
    admin,
  });
  if (!authorised.ok) return { done: false, told: authorised.refusal };
  const answer = await put(`/api/v1/people/${shown.id}/roles`, { ...chosen, authorisation: authorised.value }, progress);
  return answer.ok ? changeOf(answer.value) : changeAfter(answer.refusal, reread);
}
