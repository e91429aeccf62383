/**
 * A passkey that waits becomes somebody's, by admins' signatures over its public key and over what its person is: with it a new
 * person comes to be, or a known one gets another passkey.
 */
import { b64u } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation, LogRecord } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import {
  type AuthorisationRefusal,
  collectSignatures,
  refusalOfConstraint,
  type SignaturePorts,
} from "#gate/signatures/collect-signatures.ts";
import type { WaitingPasskey } from "./enrol-invited.ts";
import { enrolledMembers } from "#rules/passkey-record.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";

/** A passkey that waits, and its person, null if nobody confirmed has that id. */
export interface Waiting {
  passkey: WaitingPasskey;
  person: KnownPerson | null;
}

export interface ConfirmationPorts extends SignaturePorts {
  log: TransparencyLog;
  logOrigin: string;
  /** From the D1 primary; null if no passkey of this credential id waits. */
  waitingPasskey(credentialId: string): Promise<Waiting | null>;
}

export type ConfirmationRefusal = AuthorisationRefusal | { reason: "not-waiting" };

/** Whether it is done, and how many admins have signed, of how many. */
export interface SignatureProgress {
  done: boolean;
  signatures: number;
  required: number;
}

/** Who the person is, or will be: somebody known stays as they are, whatever an invitation said. */
export function personOfWaiting({ passkey, person }: Waiting): KnownPerson {
  const { personId: id, username, displayName, roles, groups } = passkey;
  return person ?? { id, username, displayName, roles, groups };
}

/** What admins sign for. */
export const confirmation = (waiting: Waiting): AdminOperation => ({
  operation: "passkey.enrolled",
  parameters: enrolledMembers(personOfWaiting(waiting), waiting.passkey),
});

/** The statement under which `adminId` confirms the passkey. */
export async function draftConfirmation(
  credentialId: string,
  adminId: string,
  ports: StatementPorts & Pick<ConfirmationPorts, "waitingPasskey">,
): Promise<Result<AdminStatement, { reason: "not-waiting" }>> {
  const waiting = await ports.waitingPasskey(credentialId);
  return waiting === null ? refuse({ reason: "not-waiting" }) : accept(draftAdminStatement(adminId, confirmation(waiting), ports));
}

/** Whether a leaf tells of exactly what these admins signed for. */
const tellsOf = (operation: AdminOperation, record: LogRecord): boolean =>
  record.kind === "passkey.enrolled" &&
  canonicalize({ person: record.person, roles: record.roles, groups: record.groups, credential: record.credential }) ===
    canonicalize(operation.parameters);

/**
 * 1. the passkey waits, for this person; 2. enough admins signed for it; 3. person, passkey, leaf and spent nonces are written
 * together, unless the passkey was discarded, another waits in its place, the person changed, or a signer is no admin any more.
 * 4. A conflict means that another admin confirmed a passkey of this id a moment ago, which is as good if it is the one signed for.
 */
export async function confirmPasskey(
  { personId, credentialId }: { personId: string; credentialId: string },
  adminId: string,
  brought: readonly Authorisation[],
  ports: ConfirmationPorts,
): Promise<Result<SignatureProgress, ConfirmationRefusal>> {
  const waiting = await ports.waitingPasskey(credentialId); // 1
  if (waiting?.passkey.personId !== personId) return refuse({ reason: "not-waiting" });

  const operation = confirmation(waiting);
  const collected = await collectSignatures(brought, adminId, operation, ports); // 2
  if (!collected.ok) return collected;
  if (!collected.value.complete) {
    const { signatures, required } = collected.value;
    const stands = signatures === required ? await ports.passkeyAndPerson(credentialId) : null;
    const done = stands?.person.id === personId && stands.passkey.publicKey === waiting.passkey.publicKey;
    return accept({ done, signatures, required });
  }

  const { authorisedBy: authorised_by, effect: authorised } = collected.value;
  const at = timestamp(ports.now());
  const person = personOfWaiting(waiting);
  const { publicKey, alg, signCount, backupEligible, transports } = waiting.passkey;
  const passkey = { credentialId, personId, publicKey, alg, signCount, backupEligible, transports, createdAt: at };
  const outcome = await ports.log.append({
    idem: `passkey:${credentialId}`,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "passkey.enrolled",
        log: ports.logOrigin,
        at,
        ...enrolledMembers(person, passkey),
        authorised_by,
      },
      salt: b64u(ports.random(32)),
    },
    effect: { kind: "passkey-confirmed", person: { ...person, createdAt: at }, isNew: waiting.person === null, passkey, authorised },
  }); // 3
  if (outcome.status === "conflict" && !tellsOf(operation, outcome.sealed.record)) return refuse({ reason: "not-waiting" }); // 4
  if (outcome.status !== "refused") return accept({ done: true, signatures: authorised_by.length, required: authorised_by.length });
  if (outcome.constraint === "passkey_waits") return refuse({ reason: "not-waiting" });
  const refusal = refusalOfConstraint(outcome.constraint);
  if (refusal.reason === "last-admin") throw new Error("confirming a passkey takes no admin away");
  return refuse(refusal);
}
