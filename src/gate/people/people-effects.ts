/** What becomes of people and their passkeys with a leaf of the log, and under which conditions. */
import type { PasskeyRow } from "#gate/passkeys/enrolment-ceremony.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

export interface PersonRow {
  id: string;
  username: string;
  displayName: string;
  roles: string[];
  groups: string[];
  createdAt: string;
}

export type PeopleEffect =
  | { kind: "person-enrolled"; person: PersonRow; passkey: PasskeyRow; spends: SpentNonce[] }
  /** Written as given, and only if what waits is still the same: person and passkey are what the leaf says, too. */
  | { kind: "passkey-confirmed"; person: PersonRow; isNew: boolean; passkey: PasskeyRow; authorised: SpentAuthorisation }
  /** In a log that follows another: its row says where it stands in that one. */
  | { kind: "passkey-enrolled-again"; credentialId: string }
  | { kind: "passkey-revoked"; personId: string; credentialId: string; at: string; adminsNeeded: number }
  | { kind: "role-changed"; personId: string; roles: string[]; groups: string[]; adminsNeeded: number; authorised: SpentAuthorisation };

/** Why a passkey is not confirmed, by the condition that does not hold in the write. */
export const CONFIRMATION_REFUSALS = {
  passkey_waits: "not-waiting",
  person_is_as_signed: "signed-for-something-else",
  key_is_ones_own: "key-of-another",
  name_is_free: "name-of-another",
} as const;

/** Why nothing is taken from an admin, likewise. */
export const NARROWING_REFUSALS = { admins_remain: "last-admin" } as const;
