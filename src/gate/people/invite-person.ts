/**
 * Invitations: a code that works once, for a day, and carries no authority. What it promises, roles and groups, an admin signs
 * when the passkey is confirmed (confirm-passkey.ts).
 */
import { b64u, type Bytes, fromB64u, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { mistakable, type NamesInUse } from "#rules/names.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";

const VALID_MS = 24 * 60 * 60 * 1000;
const CODE_BYTES = 32;

export interface Invite {
  id: `inv_${string}`;
  /** Somebody known, who gets another passkey; null for somebody new. */
  personId: string | null;
  /** Null: theirs to choose. */
  username: string | null;
  displayName: string | null;
  roles: KnownPerson["roles"];
  groups: string[];
  /** The admin's id. */
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
}

/** Somebody new, and what they shall be; or somebody known, and what the admin takes them to be (null: whatever they are). */
export type Invitation =
  | { personId: null; username: string | null; displayName: string | null; roles: KnownPerson["roles"]; groups: string[] }
  | { personId: string; roles: KnownPerson["roles"] | null; groups: string[] | null };

/** `roles-differ`: an invitation does not change what somebody known is. */
export type InviteRefusal = {
  reason: "unknown-person" | "username-taken" | "username-mistakable" | "display-name-mistakable" | "roles-differ" | "groups-differ";
};

export interface InvitePorts {
  now(): number;
  random(bytes: number): Bytes;
  /** The person, from the D1 primary; null if nobody confirmed has this id. */
  personById(id: string): Promise<KnownPerson | null>;
  /** What everybody but the person of this id goes by, from the D1 primary. */
  otherNames(personId: string | null): Promise<NamesInUse>;
  /** `codeHash` is what is kept of the code. */
  storeInvite(invite: Invite, codeHash: string): Promise<void>;
}

/** What is stored of a code (b64u of 32 bytes): SHA-256 of the bytes, in hexadecimal; null for what cannot be one. */
export function inviteCodeHash(code: string): string | null {
  const bytes = fromB64u(code);
  return bytes?.length === CODE_BYTES ? hex(sha256(bytes)) : null;
}

/** Stores an invitation by this admin. Gives its code, which is stored nowhere. */
export async function invitePerson(
  invitation: Invitation,
  adminId: string,
  ports: InvitePorts,
): Promise<Result<{ invite: Invite; code: string }, InviteRefusal>> {
  const whom = await invited(invitation, ports);
  if (!whom.ok) return whom;
  const code = ports.random(CODE_BYTES);
  const nowMs = ports.now();
  const invite: Invite = {
    id: `inv_${b64u(ports.random(16))}`,
    ...whom.value,
    invitedBy: adminId,
    createdAt: timestamp(nowMs),
    expiresAt: timestamp(nowMs + VALID_MS),
    usedAt: null,
  };
  await ports.storeInvite(invite, hex(sha256(code)));
  return accept({ invite, code: b64u(code) });
}

const sameNames = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((name) => other.includes(name));

type Invited = Pick<Invite, "personId" | "username" | "displayName" | "roles" | "groups">;

async function invited(invitation: Invitation, ports: InvitePorts): Promise<Result<Invited, InviteRefusal>> {
  if (invitation.personId !== null) {
    const person = await ports.personById(invitation.personId);
    if (person === null) return refuse({ reason: "unknown-person" });
    const { id: personId, username, displayName, roles, groups } = person;
    if (invitation.roles !== null && !sameNames(invitation.roles, roles)) return refuse({ reason: "roles-differ" });
    if (invitation.groups !== null && !sameNames(invitation.groups, groups)) return refuse({ reason: "groups-differ" });
    return accept({ personId, username, displayName, roles, groups });
  }
  const { username, displayName } = invitation;
  if (username === null && displayName === null) return accept(invitation);
  const { confirmed, waiting } = await ports.otherNames(null);
  const others = [...confirmed, ...waiting];
  if (others.some((other) => other.username === username)) return refuse({ reason: "username-taken" });
  const taken = mistakable({ username: username ?? "", displayName: displayName ?? "" }, others);
  if (taken === null) return accept(invitation);
  return refuse({ reason: taken === "username" ? "username-mistakable" : "display-name-mistakable" });
}
