/**
 * What must hold of people and passkeys in the batch that changes them. Plain SQL: drizzle knows neither the view of
 * d1-migrations/0003 nor the trigger behind a condition.
 */
import type { PeopleEffect } from "#gate/people/people-effects.ts";
import { condition, type Query } from "./batch-condition.ts";

type Confirmed = Extract<PeopleEffect, { kind: "passkey-confirmed" }>;

/** Whether ?1 is the username of somebody other than ?2, confirmed or waiting. */
const USERNAME_TAKEN = `(
  EXISTS (SELECT 1 FROM person WHERE username = ?1 AND id IS NOT ?2)
  OR EXISTS (SELECT 1 FROM waiting_passkey WHERE username = ?1 AND person_id IS NOT ?2)
)`;

/** Whether somebody has this username, or waits for it, other than `personId`. */
export async function usernameTaken(d1: D1Database, username: string, personId: string | null): Promise<boolean> {
  const query = d1.withSession("first-primary").prepare(`SELECT ${USERNAME_TAKEN} AS taken`);
  return (await query.bind(username, personId).first<number>("taken")) === 1;
}

/** The same, at the moment of writing. */
export const usernameIsFree = (username: string, personId: string): Query =>
  condition("username_is_free", `NOT ${USERNAME_TAKEN}`, username, personId);

/** No passkey of this credential id stands, has been revoked, or waits. */
export const passkeyIsNew = (credentialId: string): Query =>
  condition(
    "passkey_is_new",
    "NOT EXISTS (SELECT 1 FROM passkey WHERE credential_id = ?1) AND NOT EXISTS (SELECT 1 FROM waiting_passkey WHERE credential_id = ?1)",
    credentialId,
  );

/** Fewer than `most` passkeys of this person wait. */
export const fewWait = (personId: string, most: number): Query =>
  condition("few_wait", "(SELECT count(*) FROM waiting_passkey WHERE person_id = ?1) < ?2", personId, most);

/** The invitation is neither used nor late. */
export const inviteIsOpen = (inviteId: string, now: string): Query =>
  condition("invite_is_open", "EXISTS (SELECT 1 FROM invite WHERE id = ?1 AND used_at IS NULL AND expires_at > ?2)", inviteId, now);

/** What waits under this credential id is what was signed: person, key and all; of somebody known not what an invitation said they are. */
export const passkeyWaits = ({ person, isNew, passkey }: Confirmed): Query =>
  condition(
    "passkey_waits",
    `EXISTS (
       SELECT 1 FROM waiting_passkey WHERE credential_id = ?1 AND person_id = ?2 AND username = ?3
       AND public_key = ?4 AND alg = ?5 AND backup_eligible = ?6 AND (NOT ?7 OR (roles = ?8 AND groups = ?9)))`,
    passkey.credentialId,
    person.id,
    person.username,
    passkey.publicKey,
    passkey.alg,
    Number(passkey.backupEligible),
    Number(isNew),
    JSON.stringify(person.roles),
    JSON.stringify(person.groups),
  );

/** Username, roles and groups of somebody known are those that were signed. */
export const personIsAsSigned = ({ person }: Confirmed): Query =>
  condition(
    "person_is_as_signed",
    "EXISTS (SELECT 1 FROM person WHERE id = ?1 AND username = ?2 AND roles = ?3 AND groups = ?4)",
    person.id,
    person.username,
    JSON.stringify(person.roles),
    JSON.stringify(person.groups),
  );

const ADMINS = "(SELECT count(DISTINCT person_id) FROM admin_passkey)";

/** The passkey is not the last one of an admin who is needed: with more than `needed` there are enough without. */
export const adminsRemainWithoutPasskey = (personId: string, credentialId: string, needed: number): Query =>
  condition(
    "admins_remain",
    `NOT EXISTS (SELECT 1 FROM admin_passkey WHERE credential_id = ?1)
     OR EXISTS (SELECT 1 FROM admin_passkey WHERE person_id = ?2 AND credential_id <> ?1)
     OR ${ADMINS} > ?3`,
    credentialId,
    personId,
    needed,
  );

/** The person is no admin who is needed. */
export const adminsRemainWithout = (personId: string, needed: number): Query =>
  condition("admins_remain", `NOT EXISTS (SELECT 1 FROM admin_passkey WHERE person_id = ?1) OR ${ADMINS} > ?2`, personId, needed);
