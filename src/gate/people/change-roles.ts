/** Roles and groups change by admins' signatures over what they shall be, also where that narrows them. */
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts } from "#gate/signatures/collect-signatures.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import { NARROWING_REFUSALS, type PeopleEffect } from "./people-effects.ts";

export interface RolePorts extends SignaturePorts, AppendPorts<PeopleEffect> {
  /** The person, from the D1 primary; null if nobody confirmed has this id. */
  personById(id: string): Promise<KnownPerson | null>;
}

/** What somebody shall be, each list in its one order, so that two admins sign the same. */
export interface Standing {
  personId: string;
  roles: KnownPerson["roles"];
  groups: string[];
}

export type RoleRefusal = AuthorisationRefusal | { reason: "unknown-person" | "last-admin" };

const change = (person: KnownPerson, { roles, groups }: Standing): AdminOperation<"role.changed"> => ({
  operation: "role.changed",
  parameters: { person: { id: person.id, username: person.username }, roles: [...roles], groups: [...groups] },
});

/** The statement under which `adminId` changes them. */
export async function draftRoleChange(
  standing: Standing,
  adminId: string,
  ports: StatementPorts & Pick<RolePorts, "personById">,
): Promise<Result<AdminStatement, { reason: "unknown-person" }>> {
  const person = await ports.personById(standing.personId);
  return person === null ? refuse({ reason: "unknown-person" }) : accept(draftAdminStatement(adminId, change(person, standing), ports));
}

/** What a statement changes; null if it is no change of roles. */
export function rolesOfStatement(statement: AdminStatement): Standing | null {
  const parameters = parametersOf("role.changed", statement);
  return parameters && { personId: parameters.person.id, roles: parameters.roles, groups: parameters.groups };
}

const sameList = (one: readonly string[], other: readonly string[]): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * 1. the person is known; 2. enough admins signed for exactly this; 3. person, leaf and spent nonces are written together, unless
 * too few admins would be left.
 */
export async function changeRoles(
  standing: Standing,
  adminId: string,
  brought: readonly Authorisation[],
  ports: RolePorts,
): Promise<Result<SignatureProgress, RoleRefusal>> {
  const { roles, groups } = standing;
  const person = await ports.personById(standing.personId); // 1
  if (person === null) return refuse({ reason: "unknown-person" });

  const signed = await signedChange(
    {
      operation: change(person, standing), // 2
      effect: (_, authorised): PeopleEffect => ({
        kind: "role-changed",
        personId: person.id,
        roles,
        groups,
        adminsNeeded: ports.adminsRequired,
        authorised,
      }), // 3
      refusals: NARROWING_REFUSALS,
      stands: async () => {
        const now = await ports.personById(person.id);
        return now !== null && sameList(now.roles, roles) && sameList(now.groups, groups);
      },
    },
    adminId,
    brought,
    ports,
  );
  return signed.ok ? accept(progressOf(signed.value)) : signed;
}
