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

/** Nobody else has this username, or waits for it. */
export const usernameIsFree = (username: string, personId: string): Query =>
  condition("username_is_free", `NOT ${USERNAME_TAKEN}`, username, personId);

/** Nobody else is called just so; names that only look alike are compared before (rules/names.ts). */
export const nameIsFree = ({ id, displayName }: Confirmed["person"]): Query =>
  condition("name_is_free", "NOT EXISTS (SELECT 1 FROM person WHERE display_name = ?1 COLLATE NOCASE AND id <> ?2)", displayName, id);

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

/** What waits under this credential id is what was signed: person, key and all; of somebody known not what an invitation said. */
export const passkeyWaits = ({ person, isNew, passkey }: Confirmed): Query =>
  condition(
    "passkey_waits",
    `EXISTS (
       SELECT 1 FROM waiting_passkey WHERE credential_id = ?1 AND person_id = ?2 AND username = ?3
       AND public_key = ?4 AND alg = ?5 AND backup_eligible = ?6 AND (NOT ?7 OR (roles = ?8 AND groups = ?9 AND display_name = ?10)))`,
    passkey.credentialId,
    person.id,
    person.username,
    passkey.publicKey,
    passkey.alg,
    Number(passkey.backupEligible),
    Number(isNew),
    JSON.stringify(person.roles),
    JSON.stringify(person.groups),
    person.displayName,
  );

/** Names, roles and groups of somebody known are those that were signed. */
export const personIsAsSigned = ({ person }: Confirmed): Query =>
  condition(
    "person_is_as_signed",
    "EXISTS (SELECT 1 FROM person WHERE id = ?1 AND username = ?2 AND roles = ?3 AND groups = ?4 AND display_name = ?5)",
    person.id,
    person.username,
    JSON.stringify(person.roles),
    JSON.stringify(person.groups),
    person.displayName,
  );

/**
 * Whether the key is nobody's but this person's: ?1 is the COSE_Key in its one encoding, b64u. A revoked key stays its owner's: whoever
 * had it may have it still.
 */
const KEY_IS_ONES_OWN = "NOT EXISTS (SELECT 1 FROM passkey WHERE public_key = ?1 AND person_id <> ?2)";

/** The same of a key that is about to wait: nobody else waits with it either. */
export const newKeyIsOnesOwn = (publicKey: string, personId: string): Query =>
  condition(
    "key_is_ones_own",
    `${KEY_IS_ONES_OWN} AND NOT EXISTS (SELECT 1 FROM waiting_passkey WHERE public_key = ?1 AND person_id <> ?2)`,
    publicKey,
    personId,
  );

/** The same of a key that is confirmed: it may have begun to wait under an earlier version, which did not look. */
export const keyIsOnesOwn = ({ person, passkey }: Confirmed): Query =>
  condition("key_is_ones_own", KEY_IS_ONES_OWN, passkey.publicKey, person.id);

/**
 * How many admins could sign without those passkeys that `goes` tells. Two who share a key are one: of each such pair the one with the
 * lower id counts (rules/one-person-a-key.ts).
 */
const adminsWithout = (goes: string): string => `(
  WITH key AS (
    SELECT admin_passkey.person_id, passkey.public_key FROM admin_passkey JOIN passkey USING (credential_id) WHERE NOT (${goes})
  )
  SELECT count(DISTINCT person_id) FROM key WHERE person_id NOT IN (
    SELECT later.person_id FROM key AS later JOIN key AS earlier USING (public_key) WHERE earlier.person_id < later.person_id
  ))`;

const ADMINS = adminsWithout("0");

/** Enough admins remain, or as many as there are. */
const enoughWithout = (goes: string): string => `${adminsWithout(goes)} >= min(?1, ${ADMINS})`;

/** The passkey is not the last one of an admin who is needed. */
export const adminsRemainWithoutPasskey = (credentialId: string, needed: number): Query =>
  condition("admins_remain", enoughWithout("admin_passkey.credential_id = ?2"), needed, credentialId);

/** The person is no admin who is needed. */
export const adminsRemainWithout = (personId: string, needed: number): Query =>
  condition("admins_remain", enoughWithout("admin_passkey.person_id = ?2"), needed, personId);
