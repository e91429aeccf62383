/** People, invitations and what waits for signatures, as `/api/v1` answers and pages show them (api/people-data.ts). */
import type { Context } from "hono";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import { operationHash } from "#gate/signatures/authorise-admin.ts";
import { confirmation, personOfWaiting, type Waiting } from "#gate/people/confirm-passkey.ts";
import { rolesOfStatement } from "#gate/people/change-roles.ts";
import type { HeldPasskey, InviteItem, Me, NamedPerson, PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import type { HeldKey } from "#rules/one-person-a-key.ts";
import { recentInvites } from "#storage/invites.ts";
import { atPrimary } from "#storage/near/near-reads.ts";
import { allPeople, countAdminPasskeys, namesOf, passkeysOf, type StoredPasskey } from "#storage/people.ts";
import { stopTokenOf } from "#storage/stops/stop-tokens.ts";
import { allWaiting } from "#storage/waiting-passkeys.ts";
import type { App } from "#http/context.ts";
import { ownSessions } from "#http/own-sessions.ts";
import { type KeptSignatures, readKeptSignatures } from "#http/signatures/kept-signatures.ts";

/** A public key (b64u) as people compare it. */
export function keyFace(publicKey: string): { fingerprint: string; words: string } {
  const fingerprint = keyFingerprint(publicKey);
  return { fingerprint, words: keyWords(fingerprint) };
}

const ownPasskey = ({ credentialId, name, createdAt, revokedAt, backupEligible, counterBackAt, publicKey }: StoredPasskey) => ({
  credential_id: credentialId,
  name,
  created_at: createdAt,
  revoked_at: revokedAt,
  backup_eligible: backupEligible,
  counter_back_at: counterBackAt,
  ...keyFace(publicKey),
});

const ownWaiting = ({ passkey }: Waiting): Me["waiting"][number] => ({
  credential_id: passkey.credentialId,
  name: passkey.name,
  created_at: passkey.createdAt,
  backup_eligible: passkey.backupEligible,
  ...keyFace(passkey.publicKey),
});

/** Usernames of others who have the key; `keys` has the standing and the waiting ones. */
type SharedWith = (personId: string, publicKey: string) => string[];

const sharedKeys = (keys: readonly HeldKey[], usernameOf: (id: string) => string): SharedWith => {
  const byKey = Map.groupBy(keys, ({ publicKey }) => publicKey);
  return (personId, publicKey) => {
    const others = (byKey.get(publicKey) ?? []).filter((one) => one.personId !== personId);
    return [...new Set(others.map((one) => usernameOf(one.personId)))].toSorted();
  };
};

const heldPasskey = (passkey: StoredPasskey, sharedWith: SharedWith): HeldPasskey => ({
  ...ownPasskey(passkey),
  shared_with: passkey.revokedAt === null ? sharedWith(passkey.personId, passkey.publicKey) : [],
});

const waitingPasskey = (
  waiting: Waiting,
  kept: KeptSignatures,
  names: ReadonlyMap<string, NamedPerson>,
  sharedWith: SharedWith,
): WaitingPasskeyItem => {
  const { roles, groups } = personOfWaiting(waiting);
  const { invitedBy, personId, publicKey } = waiting.passkey;
  return {
    ...ownWaiting(waiting),
    shared_with: sharedWith(personId, publicKey),
    roles,
    groups,
    invited_by: invitedBy === null ? null : (names.get(invitedBy) ?? null),
    ...kept.under(operationHash(confirmation(waiting))),
  };
};

/** Role changes that lack a signature, by person. */
const proposedRoles = (kept: KeptSignatures): Map<string, ProposedRoles[]> => {
  const found = kept.operations().flatMap(({ first, progress }) => {
    const standing = rolesOfStatement(first.authorisation.statement);
    return standing === null ? [] : [{ standing, expires_at: first.expiresAt, progress }];
  });
  const byPerson = Map.groupBy(found, ({ standing }) => standing.personId);
  const item = ({ standing: { roles, groups }, expires_at, progress }: (typeof found)[number]) => ({
    roles,
    groups,
    ...progress,
    expires_at,
  });
  return new Map([...byPerson].map(([id, changes]) => [id, changes.map(item)]));
};

/** Everybody, those who are not yet confirmed last. */
export async function peopleItems(d1: D1Database, adminsRequired: number, nowMs: number): Promise<PersonItem[]> {
  const [people, passkeys, waiting, kept] = await Promise.all([
    allPeople(d1),
    passkeysOf(d1),
    allWaiting(d1),
    readKeptSignatures(d1, adminsRequired, nowMs),
  ]);
  const names = new Map(people.map(({ id, username }) => [id, { id, username }]));
  const passkeysByPerson = Map.groupBy(passkeys, (passkey) => passkey.personId);
  const waitingByPerson = Map.groupBy(waiting, ({ passkey }) => passkey.personId);
  const proposed = proposedRoles(kept);
  const unconfirmed = waiting.filter(({ person }) => person === null).map(personOfWaiting);
  const everybody = [...people, ...unconfirmed];
  const usernames = new Map(everybody.map(({ id, username }) => [id, username]));
  const keys = [...passkeys.filter(({ revokedAt }) => revokedAt === null), ...waiting.map(({ passkey }) => passkey)];
  const sharedWith = sharedKeys(keys, (id) => usernames.get(id) ?? id);
  return everybody.map(({ id, username, displayName, roles, groups }) => ({
    id,
    username,
    display_name: displayName,
    roles,
    groups,
    confirmed: names.has(id),
    passkeys: (passkeysByPerson.get(id) ?? []).map((passkey) => heldPasskey(passkey, sharedWith)),
    waiting: (waitingByPerson.get(id) ?? []).map((one) => waitingPasskey(one, kept, names, sharedWith)),
    proposed_roles: proposed.get(id) ?? [],
  }));
}

/** The newest invitations; none shows its code. */
export async function inviteItems(d1: D1Database): Promise<InviteItem[]> {
  const invites = await recentInvites(d1);
  const ids = invites.flatMap(({ personId, invitedBy }) => (personId === null ? [invitedBy] : [invitedBy, personId]));
  const names = new Map((await namesOf(atPrimary(d1), ids)).map(({ id, username }) => [id, { id, username }]));
  const named = (id: string): NamedPerson => names.get(id) ?? { id, username: id };
  return invites.map(({ id, personId, username, displayName, roles, groups, invitedBy, createdAt, expiresAt, usedAt }) => ({
    id,
    person: personId === null ? null : named(personId),
    username,
    display_name: displayName,
    roles,
    groups,
    by: named(invitedBy),
    created_at: createdAt,
    expires_at: expiresAt,
    used_at: usedAt,
  }));
}

/** Who is signed in, with their passkeys and sessions. */
export async function meOf(c: Context<App>): Promise<Me> {
  const { id, username, displayName, roles, groups, credentialId } = c.var.person;
  const { DB } = c.env;
  const [passkeys, waiting, stopToken, sessions, adminPasskeys] = await Promise.all([
    passkeysOf(DB, id),
    allWaiting(DB, id),
    stopTokenOf(DB, id),
    ownSessions(c),
    countAdminPasskeys(atPrimary(DB)),
  ]);
  return {
    id,
    username,
    display_name: displayName,
    roles: [...roles],
    groups: [...groups],
    admin_passkeys: adminPasskeys,
    passkeys: passkeys.map((passkey) => ({ ...ownPasskey(passkey), current: passkey.credentialId === credentialId })),
    waiting: waiting.map(ownWaiting),
    stop_token: stopToken,
    sessions,
  };
}
