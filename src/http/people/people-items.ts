/** Invitations, and who is signed in, as `/api/v1` answers and pages show them (api/people-data.ts). Lists of people are people-list.ts. */
import type { Context } from "hono";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { keyFingerprint } from "#countersign/receipt-rules.ts";
import type { Waiting } from "#gate/people/confirm-passkey.ts";
import type { InviteItem, Me, NamedPerson } from "#api/people-data.ts";
import { recentInvites } from "#storage/invites.ts";
import { atPrimary } from "#storage/near/near-reads.ts";
import { namesOf, passkeysOf, type StoredPasskey } from "#storage/people.ts";
import { countAdminPasskeys } from "#storage/people/admin-keys.ts";
import { stopTokenOf } from "#storage/stops/stop-tokens.ts";
import { allWaiting } from "#storage/waiting-passkeys.ts";
import type { App } from "#http/context.ts";
import { ownSessions } from "#http/own-sessions.ts";

/** A public key (b64u) as people compare it. */
export function keyFace(publicKey: string): { fingerprint: string; words: string } {
  const fingerprint = keyFingerprint(publicKey);
  return { fingerprint, words: keyWords(fingerprint) };
}

export const ownPasskey = ({ credentialId, name, createdAt, revokedAt, backupEligible, counterBackAt, publicKey }: StoredPasskey) => ({
  credential_id: credentialId,
  name,
  created_at: createdAt,
  revoked_at: revokedAt,
  backup_eligible: backupEligible,
  counter_back_at: counterBackAt,
  ...keyFace(publicKey),
});

export const ownWaiting = ({ passkey }: Waiting): Me["waiting"][number] => ({
  credential_id: passkey.credentialId,
  name: passkey.name,
  created_at: passkey.createdAt,
  backup_eligible: passkey.backupEligible,
  ...keyFace(passkey.publicKey),
});

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
