/** What the log says of an enrolled passkey: the members of `passkey.enrolled` that admins sign (docs/formats.md, "Record"). */
import type { RecordOf } from "#countersign/documents/record.ts";

type Enrolled = RecordOf<"passkey.enrolled">;

/** All members but when, where, and by whose signatures. */
export const enrolledMembers = (
  { id, username, roles, groups }: Enrolled["person"] & { roles: readonly Enrolled["roles"][number][]; groups: readonly string[] },
  passkey: { credentialId: string; publicKey: string; alg: number; backupEligible: boolean },
) => ({
  person: { id, username },
  roles: [...roles],
  groups: [...groups],
  credential: { id: passkey.credentialId, public_key: passkey.publicKey, alg: passkey.alg, backup_eligible: passkey.backupEligible },
});
