/**
 * A person is erased by admins' signatures: for ever, and only once nothing can be done in their name any more. What is signed says the
 * id alone, since the name would outlive itself in the record of its erasure.
 */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import { ERASURE_REFUSALS, type ErasureEffect } from "./erasure-effects.ts";

/** Where a person stands on the way out. */
export interface Leaving {
  /** Whether the person has neither roles nor standing passkeys, agents or accounts connected: nothing happens in their name. */
  isIdle: boolean;
  isErased: boolean;
}

export interface ErasurePorts extends SignaturePorts, AppendPorts<ErasureEffect> {
  /** From the D1 primary; null if nobody confirmed has ever had this id. */
  leavingOf(personId: string): Promise<Leaving | null>;
}

export type ErasureRefusal = AuthorisationRefusal | { reason: "unknown-person" | "stands-still" };

const erasure = (personId: string): AdminOperation<"person.erased"> => ({
  operation: "person.erased",
  parameters: { person: { id: personId } },
});

/** The statement under which `adminId` erases them. */
export async function draftErasure(
  personId: string,
  adminId: string,
  ports: StatementPorts & Pick<ErasurePorts, "leavingOf">,
): Promise<Result<AdminStatement, Extract<ErasureRefusal, { reason: "unknown-person" | "stands-still" }>>> {
  const leaving = await ports.leavingOf(personId);
  if (leaving === null || leaving.isErased) return refuse({ reason: "unknown-person" });
  if (!leaving.isIdle) return refuse({ reason: "stands-still" });
  return accept(draftAdminStatement(adminId, erasure(personId), ports));
}

/**
 * 1. somebody has this id; 2. enough admins signed for exactly this; 3. leaf, rows and spent nonces are written together, unless
 * something stands in the person's name still. Who has no role is no admin, so the last admin is never erased.
 */
export async function erasePerson(
  personId: string,
  adminId: string,
  brought: readonly Authorisation[],
  ports: ErasurePorts,
): Promise<Result<SignatureProgress, ErasureRefusal>> {
  if ((await ports.leavingOf(personId)) === null) return refuse({ reason: "unknown-person" }); // 1
  const signed = await signedChange(
    {
      operation: erasure(personId), // 2
      effect: (at, authorised): ErasureEffect => ({ kind: "person-erased", personId, at, authorised }), // 3
      refusals: ERASURE_REFUSALS,
      stands: async () => (await ports.leavingOf(personId))?.isErased === true,
    },
    adminId,
    brought,
    ports,
  );
  return signed.ok ? accept(progressOf(signed.value)) : signed;
}
