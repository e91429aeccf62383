/** The passkeys that a log which follows another has to enrol again: those that stand, with what their people are now. */
import { enrolmentKey } from "#countersign/documents/leaf-key.ts";
import type { Role } from "#countersign/documents/record.ts";
import type { Effect } from "#gate/effects.ts";
import type { StandingPasskey } from "#gate/log/begin-log.ts";

interface Row {
  credentialId: string;
  publicKey: string;
  alg: number;
  backupEligible: number;
  id: string;
  username: string;
  roles: string;
  groups: string;
}

/** Up to `most` of them whose enrolment is not in the log of that origin line, the oldest first. */
export async function passkeysToEnrol(d1: D1Database, origin: string, most: number): Promise<StandingPasskey<Effect>[]> {
  const query = d1.withSession("first-primary").prepare(`
    SELECT credential_id AS credentialId, public_key AS publicKey, alg, backup_eligible AS backupEligible, person.id, username, roles, groups
    FROM passkey JOIN person ON person.id = person_id
    WHERE revoked_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM log_leaf WHERE log_id = (SELECT id FROM log WHERE origin = ?1) AND idem = ?3 || credential_id)
    ORDER BY passkey.created_at, credential_id LIMIT ?2`);
  const { results } = await query.bind(origin, most, enrolmentKey("")).all<Row>();
  return results.map(({ id, username, roles, groups, backupEligible, ...passkey }) => ({
    person: { id, username, roles: JSON.parse(roles) as Role[], groups: JSON.parse(groups) as string[] },
    passkey: { ...passkey, backupEligible: backupEligible === 1 },
    effect: { kind: "passkey-enrolled-again", credentialId: passkey.credentialId },
  }));
}
