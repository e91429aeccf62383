/** What the log says of an enrolled passkey: the members of `passkey.enrolled` that admins sign (docs/formats.md, "Record"). */
import type { KnownPerson } from "./prove-passkey.ts";

/** All members but when, where, and by whose signatures. */
export const enrolledMembers = (
  { id, username, roles, groups }: Pick<KnownPerson, "id" | "username" | "roles" | "groups">,
  passkey: { credentialId: string; publicKey: string; alg: number; backupEligible: boolean },
) => ({
  person: { id, username },
  roles: [...roles],
  groups: [...groups],
  credential: { id: passkey.credentialId, public_key: passkey.publicKey, alg: passkey.alg, backup_eligible: passkey.backupEligible },
});
