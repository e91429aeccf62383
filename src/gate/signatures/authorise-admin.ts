/**
 * Admins' signatures under a typed statement: what alone widens authority (docs/formats.md, "Admin statements").
 * A session is not enough, so that neither a stolen one nor an agent that drives a browser can do it. Here is one signature;
 * how many there have to be is collect-signatures.ts.
 */
import { type Bytes, hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { type AdminStatement, ceremonyChallenge } from "#countersign/documents/ceremony.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "#rules/ceremony-nonce.ts";
import type { SelfKeyedKind } from "#countersign/documents/leaf-key.ts";
import { type Authorisation, type MembersOf, type RecordOf, recordOfKind } from "#countersign/documents/record.ts";
import { fit, type Shape } from "#countersign/json/shape.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type PasskeyProofPorts, type PasskeyRefusal, provePasskey } from "#gate/passkeys/prove-passkey.ts";
import { nonceToSpend, type SpentNonce } from "#gate/passkeys/spent-nonce.ts";

/** Kinds of records of what admins sign for. The keys of the last ones' leaves are not in their records. */
export type SignedKind =
  | { [Kind in SelfKeyedKind]: RecordOf<Kind> extends { authorised_by: Authorisation[] } ? Kind : never }[SelfKeyedKind]
  | "agent.changed"
  | "channel.changed"
  | "server.changed"
  | "tools.accepted";

/** What is to be done: the kind of the record that will tell of it, and that record's own members. */
export interface AdminOperation<Kind extends SignedKind = SignedKind> {
  operation: Kind;
  parameters: Omit<MembersOf<Kind>, "authorised_by"> & JsonObject;
  /** What is signed besides, and is not in the record but in its signatures' statements. */
  besides?: JsonObject;
}

export interface StatementPorts {
  origin: string;
  serverSecret: Bytes;
  now(): number;
  random(bytes: number): Bytes;
}

export type SignatureRefusal = PasskeyRefusal | NonceRefusal | { reason: "signed-for-something-else" | "not-an-admin" };

/** The parameters of a statement for an operation of that kind, as its records have them; null if it is for another, or they do not fit. */
export function parametersOf<Kind extends SignedKind>(
  kind: Kind,
  { operation, parameters }: AdminStatement,
): AdminOperation<Kind>["parameters"] | null {
  const record = { ...parameters, type: "countersign/record@v1", kind: operation, log: "-", at: timestamp(0), authorised_by: [] };
  const shape: Shape<RecordOf<Kind>> = recordOfKind(kind);
  return fit(shape, record).ok ? (parameters as AdminOperation<Kind>["parameters"]) : null;
}

/** Operation and parameters as statements have them. */
const signedPart = ({ operation, parameters, besides }: AdminOperation) => ({ operation, parameters: { ...parameters, ...besides } });

/** SHA-256 of operation and parameters, hexadecimal: the same for every admin who signs for the same. */
export const operationHash = (operation: AdminOperation): string => hex(hashJson(signedPart(operation)));

/** A nonce serves one admin for one operation with exactly these parameters, which hold ids that the server chose. */
const nonceContext = (adminId: string, operation: AdminOperation): string => hex(hashJson({ admin: adminId, ...signedPart(operation) }));

/** The statement for the admin's passkey. Nothing is stored. */
export function draftAdminStatement(adminId: string, operation: AdminOperation, ports: StatementPorts): AdminStatement {
  const random = ports.random(NONCE_RANDOM_BYTES);
  const nonce = makeCeremonyNonce(ports.serverSecret, "admin", nonceContext(adminId, operation), random, ports.now());
  return { type: "countersign/admin@v1", origin: ports.origin, ...signedPart(operation), admin: adminId, nonce };
}

/**
 * 1. under exactly this operation at this origin; 2. with a nonce made here for it and that admin, and fresh; 3. by a standing
 * passkey of that admin; 4. who is one now. Gives the nonce, to be spent in the write that the signature serves.
 */
export async function checkSignature(
  { statement, credential_id: credentialId, assertion }: Authorisation,
  operation: AdminOperation,
  ports: StatementPorts & PasskeyProofPorts,
): Promise<Result<SpentNonce, SignatureRefusal>> {
  const { admin, nonce } = statement;
  const asked: AdminStatement = { type: "countersign/admin@v1", origin: ports.origin, ...signedPart(operation), admin, nonce };
  if (canonicalize(statement) !== canonicalize(asked)) return refuse({ reason: "signed-for-something-else" }); // 1

  const fresh = checkCeremonyNonce(ports.serverSecret, "admin", nonceContext(admin, operation), nonce, ports.now()); // 2
  if (!fresh.ok) return fresh;

  const proved = await provePasskey({ personId: admin, credentialId, challenge: ceremonyChallenge(statement), assertion }, ports); // 3
  if (!proved.ok) return proved;
  if (!proved.value.person.roles.includes("admin")) return refuse({ reason: "not-an-admin" }); // 4
  return accept(nonceToSpend(nonce, fresh.value));
}
