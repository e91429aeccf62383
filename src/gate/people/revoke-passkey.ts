/**
 * A passkey ends at once, with the sessions that it opened. It only narrows authority, so no signature is asked for; but the
 * admins that are needed to widen it again cannot be taken away. One that still waits is simply discarded.
 */
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { refusalOfConstraint } from "#gate/signatures/collect-signatures.ts";
import type { PasskeyProofPorts } from "#gate/passkeys/prove-passkey.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";

export interface PasskeyRevocationPorts extends Pick<PasskeyProofPorts, "passkeyAndPerson"> {
  log: TransparencyLog;
  logOrigin: string;
  /** 1 or 2: so many admins with a standing passkey stay. */
  adminsRequired: number;
  now(): number;
  random(bytes: number): Bytes;
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

  const at = timestamp(ports.now());
  const outcome = await ports.log.append({
    idem: `passkey:${credentialId}:revoked`,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "passkey.revoked",
        log: ports.logOrigin,
        at,
        person: { id: personId, username: known.person.username },
        credential: { id: credentialId },
        authorised_by: [],
      },
      salt: b64u(ports.random(32)),
    },
    effect: { kind: "passkey-revoked", personId, credentialId, at, adminsNeeded: ports.adminsRequired },
  }); // 3
  if (outcome.status !== "refused") return accept("revoked");
  const { reason } = refusalOfConstraint(outcome.constraint);
  if (reason !== "last-admin") throw new Error(`revoking a passkey is signed by nobody, and yet: ${reason}`);
  return refuse({ reason });
}
