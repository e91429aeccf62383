/**
 * Whoever holds an invitation's code makes a passkey, once. It then waits: it is in no log, opens no session and decides
 * nothing until an admin has compared its fingerprint and signed for it (confirm-passkey.ts).
 */
import { b64u } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import {
  type CeremonyPorts,
  type CeremonyRefusal,
  checkEnrolment,
  draftEnrolment,
  type EnrolmentDraft,
  type MadePasskey,
} from "#gate/passkeys/enrolment-ceremony.ts";
import { mistakable, type NamesInUse } from "#rules/names.ts";
import { type Invite, inviteCodeHash } from "./invite-person.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";

/** A passkey that waits, and who it would be of. */
export interface WaitingPasskey extends MadePasskey {
  personId: string;
  username: string;
  displayName: string;
  /** For somebody new; somebody known keeps what they have. */
  roles: Invite["roles"];
  groups: string[];
  /** The person's own word for it; may be empty. */
  name: string;
  /** The admin's id; null if the person added it, signed in. */
  invitedBy: string | null;
  createdAt: string;
}

/** What a person typed, checked for form. */
export interface InvitedIntroduction {
  code: string;
  username: string;
  displayName: string;
}

/** Why a passkey was not stored, by the condition that refused it in the write itself. */
export interface StoreRefusal {
  reason: "invite-closed" | "username-taken" | "passkey-known" | "key-of-another" | "too-many-wait" | "nonce-spent";
}

export interface WaitingPorts {
  /**
   * Stores a passkey that waits and spends the nonce in one write, with the invitation if there is one, which must be unused and
   * not late. Refuses, having written nothing.
   */
  storeWaiting(passkey: WaitingPasskey, inviteId: string | null, spends: SpentNonce): Promise<Result<null, StoreRefusal>>;
}

export interface InvitedPorts<Response> extends CeremonyPorts<Response>, WaitingPorts {
  /** The invitation whose code has this hash, used and late ones too, from the D1 primary; null if there is none. */
  inviteByCodeHash(codeHash: string): Promise<Invite | null>;
  /** What everybody but the person of this id goes by, from the D1 primary. */
  otherNames(personId: string | null): Promise<NamesInUse>;
}

export type InvitedRefusal =
  | CeremonyRefusal
  | StoreRefusal
  | {
      reason: "invite-unknown" | "invite-used" | "invite-late" | "username-of-another" | "username-mistakable" | "display-name-mistakable";
    };

/**
 * 1. the code is one of an invitation that is neither used nor late; 2. the name is the invited one, and nobody else's; 3. somebody new
 * cannot be taken for anybody. Somebody known goes by the names that they have.
 */
async function admit<Response>(
  { code, username, displayName }: InvitedIntroduction,
  ports: InvitedPorts<Response>,
): Promise<Result<Invite, InvitedRefusal>> {
  const codeHash = inviteCodeHash(code); // 1
  const invite = codeHash === null ? null : await ports.inviteByCodeHash(codeHash);
  if (invite === null) return refuse({ reason: "invite-unknown" });
  if (invite.usedAt !== null) return refuse({ reason: "invite-used" });
  if (invite.expiresAt <= timestamp(ports.now())) return refuse({ reason: "invite-late" });

  if (invite.username !== null && invite.username !== username) return refuse({ reason: "username-of-another" }); // 2
  const { confirmed, waiting } = await ports.otherNames(invite.personId);
  const others = [...confirmed, ...waiting];
  if (others.some((other) => other.username === username)) return refuse({ reason: "username-taken" });
  if (invite.personId !== null) return accept(invite);
  switch (
    mistakable({ username, displayName }, others) // 3
  ) {
    case "username":
      return refuse({ reason: "username-mistakable" });
    case "displayName":
      return refuse({ reason: "display-name-mistakable" });
    case null:
      return accept(invite);
  }
}

/** What the browser needs to make the passkey. Stores nothing. */
export async function draftInvited<Response>(
  introduction: InvitedIntroduction,
  ports: InvitedPorts<Response>,
): Promise<Result<EnrolmentDraft & { isKnown: boolean }, InvitedRefusal>> {
  const invite = await admit(introduction, ports);
  if (!invite.ok) return invite;
  const { id, personId } = invite.value;
  const draft = draftEnrolment({ personId: personId ?? `usr_${b64u(ports.random(16))}`, grounds: id }, ports);
  return accept({ ...draft, isKnown: personId !== null });
}

/**
 * 1. the invitation is open to this name; 2. the passkey was made here for this invitation and person id; 3. it waits, and the
 * invitation is used, together: of two at once one is refused. Gives the public key, b64u.
 */
export async function enrolInvited<Response>(
  introduction: InvitedIntroduction,
  ceremony: { personId: string; nonce: string; response: Response },
  ports: InvitedPorts<Response>,
): Promise<Result<{ publicKey: string }, InvitedRefusal>> {
  const invite = await admit(introduction, ports); // 1
  if (!invite.ok) return invite;
  const { id, personId, roles, groups, invitedBy } = invite.value;
  if (personId !== null && personId !== ceremony.personId) return refuse({ reason: "nonce-not-ours" });

  const made = await checkEnrolment({ ...ceremony, grounds: id }, ports); // 2
  if (!made.ok) return made;

  const { passkey, spends } = made.value;
  const who = {
    personId: ceremony.personId,
    username: introduction.username,
    displayName: personId === null ? introduction.displayName : (invite.value.displayName ?? introduction.displayName),
    roles,
    groups,
  };
  const waiting: WaitingPasskey = { ...passkey, ...who, name: "", invitedBy, createdAt: timestamp(ports.now()) };
  const stored = await ports.storeWaiting(waiting, id, spends); // 3
  return stored.ok ? accept({ publicKey: passkey.publicKey }) : stored;
}
