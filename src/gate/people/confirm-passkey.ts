/**
 * A passkey that waits becomes somebody's, by admins' signatures over its public key and over what its person is: with it a new
 * person comes to be, or a known one gets another passkey.
 */
import { b64u } from "../../core/bytes.ts";
import type { AdminStatement } from "../../core/ceremony.ts";
import type { Authorisation } from "../../core/record.ts";
import { accept, refuse, type Result } from "../../core/result.ts";
import { timestamp } from "../../core/words.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "./authorise-admin.ts";
import { type AuthorisationRefusal, collectSignatures, refusalOfConstraint, type SignaturePorts } from "./collect-signatures.ts";
import type { WaitingPasskey } from "./enrol-invited.ts";
import { enrolledMembers } from "../log/passkey-record.ts";
import type { KnownPerson } from "./prove-passkey.ts";
import type { TransparencyLog } from "../log/transparency-log.ts";

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
export interface Progress {
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

/**
 * 1. the passkey waits, for this person; 2. enough admins signed for it; 3. person, passkey, leaf and spent nonces are written
 * together, unless the passkey was discarded, the person changed, or a signer is no admin any more. A conflict means that another
 * admin confirmed it a moment ago, which is as good.
 */
export async function confirmPasskey(
  { personId, credentialId }: { personId: string; credentialId: string },
  adminId: string,
  brought: readonly Authorisation[],
  ports: ConfirmationPorts,
): Promise<Result<Progress, ConfirmationRefusal>> {
  const waiting = await ports.waitingPasskey(credentialId); // 1
  if (waiting?.passkey.personId !== personId) return refuse({ reason: "not-waiting" });

  const operation = confirmation(waiting);
  const collected = await collectSignatures(brought, adminId, operation, ports); // 2
  if (!collected.ok) return collected;
  if (!collected.value.complete) {
    const { signatures, required } = collected.value;
    const done = signatures === required && (await ports.waitingPasskey(credentialId)) === null;
    return accept({ done, signatures, required });
  }

  const { authorisedBy: authorised_by, effect: authorised } = collected.value;
  const at = timestamp(ports.now());
  const person = personOfWaiting(waiting);
  const outcome = await ports.log.append({
    idem: `passkey:${credentialId}`,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "passkey.enrolled",
        log: ports.logOrigin,
        at,
        ...enrolledMembers(person, waiting.passkey),
        authorised_by,
      },
      salt: b64u(ports.random(32)),
    },
    effect: {
      kind: "passkey-confirmed",
      person: { ...person, createdAt: at },
      isNew: waiting.person === null,
      credentialId,
      at,
      authorised,
    },
  }); // 3
  if (outcome.status !== "refused") return accept({ done: true, signatures: authorised_by.length, required: authorised_by.length });
  if (outcome.constraint === "passkey_waits") return refuse({ reason: "not-waiting" });
  const refusal = refusalOfConstraint(outcome.constraint);
  if (refusal.reason === "last-admin") throw new Error("confirming a passkey takes no admin away");
  return refuse(refusal);
}
