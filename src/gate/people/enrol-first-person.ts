/**
 * The first person: whoever holds the setup token, once. Everybody after comes by invitation and an admin's signature.
 */
import { b64u, type Bytes, equal, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { FIRST_PERSON_KEY } from "#countersign/documents/leaf-key.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import {
  type CeremonyPorts,
  type CeremonyRefusal,
  checkEnrolment,
  draftEnrolment,
  type EnrolmentDraft,
} from "#gate/passkeys/enrolment-ceremony.ts";
import { enrolledMembers } from "#rules/passkey-record.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import type { PeopleEffect } from "./people-effects.ts";

const FIRST_ROLES: ("admin" | "approver")[] = ["admin", "approver"];

/** What the person typed, checked for form. */
export interface FirstIntroduction {
  token: string;
  username: string;
  displayName: string;
}

export interface FirstPersonPorts<Response> extends CeremonyPorts<Response>, AppendPorts<PeopleEffect> {
  setupToken: Bytes;
  /** Whether anybody has ever been enrolled, from the D1 primary. */
  anybodyEnrolled(): Promise<boolean>;
}

export type FirstPersonRefusal = CeremonyRefusal | { reason: "wrong-setup-token" | "already-set-up" };

async function admit<Response>(token: string, ports: FirstPersonPorts<Response>): Promise<Result<null, FirstPersonRefusal>> {
  // Hashes, so that the comparison tells nothing of the token's length either.
  if (!equal(sha256(utf8(token)), sha256(ports.setupToken))) return refuse({ reason: "wrong-setup-token" });
  return (await ports.anybodyEnrolled()) ? refuse({ reason: "already-set-up" }) : accept(null);
}

/** What the browser needs to make the first passkey. */
export async function draftFirstPerson<Response>(
  token: string,
  ports: FirstPersonPorts<Response>,
): Promise<Result<EnrolmentDraft, FirstPersonRefusal>> {
  const admitted = await admit(token, ports);
  if (!admitted.ok) return admitted;
  return accept(draftEnrolment({ personId: `usr_${b64u(ports.random(16))}`, grounds: "setup" }, ports));
}

/**
 * 1. the token is right and nobody is enrolled; 2. the passkey was made here for this person id; 3. person, passkey and leaf
 * are written together, or another first person was faster.
 */
export async function enrolFirstPerson<Response>(
  introduction: FirstIntroduction,
  ceremony: { personId: string; nonce: string; response: Response },
  ports: FirstPersonPorts<Response>,
): Promise<Result<{ personId: string; credentialId: string; signCount: number }, FirstPersonRefusal>> {
  const admitted = await admit(introduction.token, ports); // 1
  if (!admitted.ok) return admitted;

  const made = await checkEnrolment({ ...ceremony, grounds: "setup" }, ports); // 2
  if (!made.ok) return made;

  const { passkey, spends } = made.value;
  const { personId } = ceremony;
  const { username, displayName } = introduction;
  const who = { id: personId, username, displayName, roles: FIRST_ROLES, groups: [] };
  const members = { ...enrolledMembers(who, passkey), authorised_by: [] };
  const effect = (at: string): PeopleEffect => ({
    kind: "person-enrolled",
    person: { ...who, createdAt: at },
    passkey: { ...passkey, personId, createdAt: at },
    spends: [spends],
  });
  const outcome = await appendRecord({ kind: "passkey.enrolled", key: FIRST_PERSON_KEY, members, effect }, ports); // 3
  if (outcome.status !== "logged") return refuse({ reason: "already-set-up" });
  return accept({ personId, credentialId: passkey.credentialId, signCount: passkey.signCount });
}
