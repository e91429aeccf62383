/**
 * A person's signature about themselves alone, under a typed statement (docs/formats.md, "Other challenges"). A session is not enough: what
 * is turned away from somebody, they turn away themselves.
 */
import { hex } from "#countersign/encoding/bytes.ts";
import { canonicalize, hashJson, type JsonObject } from "#countersign/json/canonical-json.ts";
import { ceremonyChallenge, type OwnStatement } from "#countersign/documents/ceremony.ts";
import type { OwnSignature, RecordKind } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type PasskeyProofPorts, type PasskeyRefusal, provePasskey } from "#gate/passkeys/prove-passkey.ts";
import { nonceToSpend, type SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import { checkCeremonyNonce, makeCeremonyNonce, NONCE_RANDOM_BYTES, type NonceRefusal } from "#rules/ceremony-nonce.ts";
import type { StatementPorts } from "./authorise-admin.ts";

/** What somebody does about themselves: the kind of the record, and its members but the signature. What gives nobody authority has none. */
export interface OwnOperation {
  operation: RecordKind | "command-line.opened";
  parameters: JsonObject;
}

export type OwnSignatureRefusal = PasskeyRefusal | NonceRefusal | { reason: "signed-for-something-else" };

/** A nonce serves one person for one operation with exactly these parameters, which hold ids that the server chose. */
const nonceContext = (personId: string, { operation, parameters }: OwnOperation): string =>
  hex(hashJson({ person: personId, operation, parameters }));

/** The statement for the person's passkey. Nothing is stored. */
export function draftOwnStatement(personId: string, asked: OwnOperation, ports: StatementPorts): OwnStatement {
  const nonce = makeCeremonyNonce(ports.serverSecret, "own", nonceContext(personId, asked), ports.random(NONCE_RANDOM_BYTES), ports.now());
  const { operation, parameters } = asked;
  return { type: "countersign/own@v1", origin: ports.origin, operation, parameters, person: personId, nonce };
}

/**
 * 1. under exactly this operation at this origin, by this person; 2. with a nonce made here for it, and fresh; 3. by a standing passkey of
 * theirs. Gives the nonce, to be spent in the write that the signature serves.
 */
export async function checkOwnSignature(
  { statement, credential_id: credentialId, assertion }: OwnSignature,
  personId: string,
  asked: OwnOperation,
  ports: StatementPorts & PasskeyProofPorts,
): Promise<Result<SpentNonce, OwnSignatureRefusal>> {
  const { operation, parameters } = asked;
  const right: OwnStatement = {
    type: "countersign/own@v1",
    origin: ports.origin,
    operation,
    parameters,
    person: personId,
    nonce: statement.nonce,
  };
  if (canonicalize(statement) !== canonicalize(right)) return refuse({ reason: "signed-for-something-else" }); // 1

  const fresh = checkCeremonyNonce(ports.serverSecret, "own", nonceContext(personId, asked), statement.nonce, ports.now()); // 2
  if (!fresh.ok) return fresh;

  const proved = await provePasskey({ personId, credentialId, challenge: ceremonyChallenge(statement), assertion }, ports); // 3
  return proved.ok ? accept(nonceToSpend(statement.nonce, fresh.value)) : proved;
}
