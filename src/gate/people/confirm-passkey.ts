/**
 * A passkey that waits becomes somebody's, by admins' signatures over its public key and over what its person is: with it a new
 * person comes to be, or a known one gets another passkey.
 */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { enrolledMembers } from "#rules/passkey-record.ts";
import { mistakable, type NamesInUse } from "#rules/names.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import type { WaitingPasskey } from "./enrol-invited.ts";
import { CONFIRMATION_REFUSALS, type PeopleEffect } from "./people-effects.ts";

/** A passkey that waits, and its person, null if nobody confirmed has that id. */
export interface Waiting {
  passkey: WaitingPasskey;
  person: KnownPerson | null;
}

export interface ConfirmationPorts extends SignaturePorts, AppendPorts<PeopleEffect> {
  /** From the D1 primary; null if no passkey of this credential id waits. */
  waitingPasskey(credentialId: string): Promise<Waiting | null>;
  /** What everybody but the person of this id goes by, from the D1 primary. */
  otherNames(personId: string | null): Promise<NamesInUse>;
}

export type ConfirmationRefusal = AuthorisationRefusal | { reason: "not-waiting" | "key-of-another" | "name-of-another" };

/** Who the person is, or will be: somebody known stays as they are, whatever an invitation said. */
export function personOfWaiting({ passkey, person }: Waiting): KnownPerson {
  const { personId: id, username, displayName, roles, groups } = passkey;
  return person ?? { id, username, displayName, roles, groups };
}

/** What admins sign for: the record, and the display name that the person is shown by, which is in none. */
export function confirmation(waiting: Waiting): AdminOperation<"passkey.enrolled"> {
  const person = personOfWaiting(waiting);
  return {
    operation: "passkey.enrolled",
    parameters: enrolledMembers(person, waiting.passkey),
    besides: { display_name: person.displayName },
  };
}

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
 * 1. the passkey waits, for this person, who can be taken for nobody else; 2. enough admins signed for it; 3. person, passkey, leaf and spent nonces are written
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

  const person = personOfWaiting(waiting);
  const isNew = waiting.person === null;
  if (isNew && mistakable(person, (await ports.otherNames(personId)).confirmed) !== null) return refuse({ reason: "name-of-another" });
  const { publicKey, alg, signCount, backupEligible, transports } = waiting.passkey;
  const signed = await signedChange(
    {
      operation: confirmation(waiting), // 2
      effect: (at, authorised): PeopleEffect => ({
        kind: "passkey-confirmed",
        person: { ...person, createdAt: at },
        isNew,
        passkey: { credentialId, personId, publicKey, alg, signCount, backupEligible, transports, createdAt: at },
        authorised,
      }), // 3
      refusals: CONFIRMATION_REFUSALS,
      otherLeaf: "not-waiting", // 4
      stands: async () => {
        const known = await ports.passkeyAndPerson(credentialId);
        return known?.person.id === personId && known.passkey.publicKey === publicKey;
      },
    },
    adminId,
    brought,
    ports,
  );
  return signed.ok ? accept(progressOf(signed.value)) : signed;
}
