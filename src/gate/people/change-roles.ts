/** Roles and groups change by admins' signatures over what they shall be, also where that narrows them. */
import { b64u, hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { fit, list, object, oneOf, text } from "#countersign/json/shape.ts";
import { personId, timestamp, username } from "#countersign/documents/words.ts";
import { type AdminOperation, draftAdminStatement, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import {
  type AuthorisationRefusal,
  collectSignatures,
  refusalOfConstraint,
  type SignaturePorts,
} from "#gate/signatures/collect-signatures.ts";
import type { SignatureProgress } from "./confirm-passkey.ts";
import type { KnownPerson } from "#gate/passkeys/prove-passkey.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";

export interface RolePorts extends SignaturePorts {
  log: TransparencyLog;
  logOrigin: string;
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

const change = (person: KnownPerson, { roles, groups }: Standing): AdminOperation => ({
  operation: "role.changed",
  parameters: { person: { id: person.id, username: person.username }, roles: [...roles], groups: [...groups] },
});

const parametersShape = object({
  person: object({ id: personId, username }),
  roles: list(oneOf("admin", "approver", "auditor")),
  groups: list(text(1)),
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
export function rolesOfStatement({ operation, parameters }: AdminStatement): Standing | null {
  const fitting = operation === "role.changed" ? fit(parametersShape, parameters) : null;
  if (fitting?.ok !== true) return null;
  const { person, roles, groups } = fitting.value;
  return { personId: person.id, roles, groups };
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

  const operation = change(person, standing);
  const collected = await collectSignatures(brought, adminId, operation, ports); // 2
  if (!collected.ok) return collected;
  if (!collected.value.complete) {
    const { signatures, required } = collected.value;
    const now = signatures === required ? await ports.personById(person.id) : null;
    const done = now !== null && sameList(now.roles, roles) && sameList(now.groups, groups);
    return accept({ done, signatures, required });
  }

  const { authorisedBy: authorised_by, effect: authorised } = collected.value;
  const nonces = authorised_by.map(({ statement }) => statement.nonce).toSorted();
  const outcome = await ports.log.append({
    // Two requests with the same signatures are one change; the same change may be made again, with others.
    idem: `${person.id}:role:${hex(hashJson(nonces))}`,
    sealed: {
      record: {
        type: "countersign/record@v1",
        kind: "role.changed",
        log: ports.logOrigin,
        at: timestamp(ports.now()),
        person: { id: person.id, username: person.username },
        roles,
        groups,
        authorised_by,
      },
      salt: b64u(ports.random(32)),
    },
    effect: { kind: "role-changed", personId: person.id, roles, groups, adminsNeeded: ports.adminsRequired, authorised },
  }); // 3
  if (outcome.status === "refused") return refuse(refusalOfConstraint(outcome.constraint));
  // Of two last signatures at the same moment the other one did it; without any kept before, these have served already.
  if (outcome.status === "conflict" && authorised.kept.length === 0) return refuse({ reason: "authorisation-spent" });
  return accept({ done: true, signatures: authorised_by.length, required: authorised_by.length });
}
