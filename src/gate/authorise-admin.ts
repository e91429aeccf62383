/**
 * An admin's signature under a typed statement: what alone widens authority (docs/formats.md, "Admin statements").
 * A session is not enough, so that neither a stolen one nor an agent that drives a browser can do it.
 */
import { type Bytes, hex } from "../core/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "../core/canonical-json.ts";
import { type AdminStatement, ceremonyChallenge } from "../core/ceremony.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "../core/ceremony-nonce.ts";
import type { Authorisation, RecordKind } from "../core/record.ts";
import { accept, refuse, type Result } from "../core/result.ts";
import { type PasskeyProofPorts, type PasskeyRefusal, provePasskey } from "./prove-passkey.ts";
import { spentNonce } from "./spent-nonce.ts";
import type { SpentNonce } from "./transparency-log.ts";

/** What is to be done: the kind of the record that will tell of it, and that record's own members. */
export interface AdminOperation {
  operation: RecordKind;
  parameters: JsonObject;
}

export interface AdminPorts extends PasskeyProofPorts {
  origin: string;
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

export type AuthorisationRefusal =
  | PasskeyRefusal
  | { reason: NonceRefusal | "wrong-number-of-signatures" | "signed-for-something-else" | "not-an-admin" };

/** A nonce serves one admin for one operation with exactly these parameters, which hold ids that the server chose. */
const nonceContext = (adminId: string, { operation, parameters }: AdminOperation): string =>
  hex(hashJson({ admin: adminId, operation, parameters }));

/** The statement for the admin's passkey. Nothing is stored. */
export function draftAdminStatement(
  adminId: string,
  operation: AdminOperation,
  ports: Pick<AdminPorts, "origin" | "serverSecret" | "now" | "random">,
): AdminStatement {
  const random = ports.random(NONCE_RANDOM_BYTES);
  const nonce = makeCeremonyNonce(ports.serverSecret, "admin", nonceContext(adminId, operation), random, ports.now());
  return { type: "countersign/admin@v1", origin: ports.origin, ...operation, admin: adminId, nonce };
}

/**
 * 1. one signature, as one admin is required; 2. under exactly this operation at this origin, as the admin whose session
 * it is; 3. with a nonce made here for it, and fresh; 4. by a standing passkey of that admin; 5. who is one now.
 * Gives what must be spent in the write that does it.
 */
export async function checkAuthorisation(
  authorisedBy: Authorisation[],
  adminId: string,
  operation: AdminOperation,
  ports: AdminPorts,
): Promise<Result<SpentNonce[], AuthorisationRefusal>> {
  const [authorisation] = authorisedBy;
  if (authorisation === undefined || authorisedBy.length > 1) return refuse({ reason: "wrong-number-of-signatures" }); // 1
  const { statement, credential_id: credentialId, assertion } = authorisation;
  const asked: AdminStatement = {
    type: "countersign/admin@v1",
    origin: ports.origin,
    ...operation,
    admin: adminId,
    nonce: statement.nonce,
  };
  if (canonicalize(statement) !== canonicalize(asked)) return refuse({ reason: "signed-for-something-else" }); // 2

  const context = nonceContext(adminId, operation);
  const fresh = checkCeremonyNonce(ports.serverSecret, "admin", context, statement.nonce, ports.now()); // 3
  if (!fresh.ok) return refuse({ reason: fresh.refusal });

  const proved = await provePasskey({ personId: adminId, credentialId, challenge: ceremonyChallenge(statement), assertion }, ports); // 4
  if (!proved.ok) return proved;
  if (!proved.value.person.roles.includes("admin")) return refuse({ reason: "not-an-admin" }); // 5
  return accept([spentNonce(statement.nonce, fresh.value)]);
}
