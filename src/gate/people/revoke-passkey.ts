/**
 * A passkey ends at once, with the sessions that it opened. It only narrows authority, so no signature is asked for; but the
 * admins that are needed to widen it again cannot be taken away. One that still waits is simply discarded.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts, whyRefused } from "#gate/log/append-record.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import { NARROWING_REFUSALS, type PeopleEffect } from "./people-effects.ts";

export interface PasskeyRevocationPorts extends Pick<PasskeyProofPorts, "passkeyAndPerson">, AppendPorts<PeopleEffect> {
  /** 1 or 2: so many admins with a standing passkey stay. */
  adminsRequired: number;
  /** Forgets a passkey of this person that waits; false if there is none. */
  discardWaiting(personId: string, credentialId: string): Promise<boolean>;
}

/**
 * 1. one that waits is forgotten, with no trace in the log; 2. otherwise it is one of this person's; 3. it stops, with its leaf,
 * unless it is the last of an admin who is needed: decided in the write itself, so that two at once cannot both pass.
 */
export async function revokePasskey(
  { personId, credentialId }: { personId: string; credentialId: string },
  ports: PasskeyRevocationPorts,
): Promise<Result<"discarded" | "revoked", { reason: "unknown-passkey" | "last-admin" }>> {
  if (await ports.discardWaiting(personId, credentialId)) return accept("discarded"); // 1

  const known = await ports.passkeyAndPerson(credentialId); // 2
  if (known?.person.id !== personId) return refuse({ reason: "unknown-passkey" });
  if (known.passkey.revokedAt !== null) return accept("revoked");

  const { username } = known.person;
  const members = { person: { id: personId, username }, credential: { id: credentialId }, authorised_by: [] };
  const effect = (at: string): PeopleEffect => ({
    kind: "passkey-revoked",
    personId,
    credentialId,
    at,
    adminsNeeded: ports.adminsRequired,
  });
  const outcome = await appendRecord({ kind: "passkey.revoked", members, effect }, ports); // 3
  if (outcome.status !== "refused") return accept("revoked");
  return refuse({ reason: whyRefused(outcome.constraint, NARROWING_REFUSALS) });
}
