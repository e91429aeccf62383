/**
 * The document that proves to anyone that a passkey has approved one call of an agent (docs/formats.md, "Proof of a challenge"). Its shape,
 * and reading it; what its parts must say of each other is challenge-verifier.ts.
 */
import { provenLeaf } from "../documents/receipt.ts";
import { recordOfKind } from "../documents/record.ts";
import { parseJson } from "../json/canonical-json.ts";
import { fit, object, oneOf, type Of } from "../json/shape.ts";
import { accept, refuse, type Result } from "../result.ts";

/** Of a text: far more than any such proof, whose two checkpoints may have 131,072 bytes each. */
export const MAX_CHALLENGE_PROOF_BYTES = 1024 * 1024;

/** The checks of a proof in their order, each by the code of its failure. */
export const CHALLENGE_PROOF_CHECKS = [
  "malformed",
  "arguments_mismatch",
  "challenge_mismatch",
  "assertion_invalid",
  "not_enrolled",
  "not_included",
  "checkpoint_invalid",
  "witnesses_missing",
] as const;

/** The first check that failed, and one sentence about it. */
export interface ChallengeProofFailure {
  code: (typeof CHALLENGE_PROOF_CHECKS)[number];
  message: string;
}

const challengeProofShape = object({
  type: oneOf("countersign/challenge-proof@v1"),
  consumed: provenLeaf(recordOfKind("challenge.consumed")),
  /** Of the passkey that signed it. */
  passkey: provenLeaf(recordOfKind("passkey.enrolled")),
});
export type ChallengeProof = Of<typeof challengeProofShape>;

const malformed = (message: string): { ok: false; refusal: ChallengeProofFailure } => refuse({ code: "malformed", message });

/** Reads the text of a proof. Refuses, unread, what is too large; what is not strict JSON, has other members than the format, or other types. */
export function parseChallengeProof(content: string): Result<ChallengeProof, ChallengeProofFailure> {
  if (content.length > MAX_CHALLENGE_PROOF_BYTES)
    return malformed(`The proof is larger than ${MAX_CHALLENGE_PROOF_BYTES} bytes, which none is.`);
  const json = parseJson(content);
  if (!json.ok) return malformed(`The proof is not acceptable JSON: ${json.refusal.message} (${json.refusal.place}).`);
  const proof = fit(challengeProofShape, json.value);
  return proof.ok ? accept(proof.value) : malformed(`The proof does not have its format: ${proof.refusal}.`);
}
