/** What `/api/v1/people`, `/invites` and `/me` answer, as pages and their scripts read it. Types only; http/ fills them in. */
import type { Role } from "#countersign/documents/record.ts";

/** A person by id, with the name to show. */
export interface NamedPerson {
  id: string;
  username: string;
}

/** How a public key is compared: SHA-256 in hexadecimal, and the same as 24 digits (encoding/fingerprint-digits.ts). */
interface KeyFace {
  fingerprint: string;
  words: string;
}

/** A passkey that an admin has signed for. */
export interface HeldPasskey extends KeyFace {
  /** b64u. */
  credential_id: string;
  /** The person's own word for it; empty if there is none. */
  name: string;
  created_at: string;
  revoked_at: string | null;
  /** Whether it may be synchronised to other devices. */
  backup_eligible: boolean;
}

/** How many admins have signed, of how many who have to. */
export interface SignatureCount {
  signatures: number;
  required: number;
}

/** What admins have signed for and still lacks a signature. */
interface Proposed extends SignatureCount {
  /** Ids of the admins who have signed. */
  signed_by: string[];
}

/** A passkey that can do nothing until it is signed for. */
export interface WaitingPasskeyItem extends KeyFace, Proposed {
  credential_id: string;
  name: string;
  created_at: string;
  backup_eligible: boolean;
  /** What the person will be once it is confirmed: as invited, or, of somebody known, as they are. */
  roles: Role[];
  groups: string[];
  /** Null: added by the person, signed in. */
  invited_by: NamedPerson | null;
}

/** Roles and groups that one of two admins has signed for. */
export interface ProposedRoles extends Proposed {
  roles: Role[];
  groups: string[];
  expires_at: string;
}

/** One item of `GET /api/v1/people`. */
export interface PersonItem {
  id: string;
  username: string;
  display_name: string;
  roles: Role[];
  groups: string[];
  /** False while nothing of theirs has ever been confirmed. */
  confirmed: boolean;
  passkeys: HeldPasskey[];
  waiting: WaitingPasskeyItem[];
  proposed_roles: ProposedRoles[];
}

/** One item of `GET /api/v1/invites`. The code is nowhere in it. */
export interface InviteItem {
  id: string;
  /** Whom it gives another passkey; null if it is for somebody new. */
  person: NamedPerson | null;
  /** Null: theirs to choose. */
  username: string | null;
  display_name: string | null;
  roles: Role[];
  groups: string[];
  by: NamedPerson;
  created_at: string;
  expires_at: string;
  used_at: string | null;
}

/** `GET /api/v1/me`. */
export interface Me {
  id: string;
  username: string;
  display_name: string;
  roles: Role[];
  groups: string[];
  passkeys: (HeldPasskey & {
    /** Whether this session was opened with it. */
    current: boolean;
  })[];
  waiting: Pick<WaitingPasskeyItem, "credential_id" | "name" | "created_at" | "backup_eligible" | "fingerprint" | "words">[];
}

/** An agent that one of two admins has signed for, in `waiting` of `GET /api/v1/agents`. */
export interface ProposedAgent extends Proposed {
  id: string;
  name: string;
  owner: string;
  expires_at: string;
}
