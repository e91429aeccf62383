/**
 * The document that proves one call of an agent to anyone, and nothing of the calls beside it (docs/formats.md, "Proof of a call"). Its
 * shape, and reading it; what its parts must say of each other is ../call-verifier.ts.
 */
import { parseJson } from "../json/canonical-json.ts";
import { fit, integer, list, object, oneOf, type Of } from "../json/shape.ts";
import { accept, refuse, type Result } from "../result.ts";
import { callShape } from "./call.ts";
import { provenLeaf } from "./receipt.ts";
import { recordOfKind } from "./record.ts";
import { base64url, count, hash } from "./words.ts";

/** Of a text: far more than any such proof, whose checkpoint alone may have 131,072 bytes. */
export const MAX_CALL_PROOF_BYTES = 512 * 1024;

/** The checks of a call's proof in their order, each by the code of its failure. */
export const CALL_PROOF_CHECKS = ["malformed", "call_mismatch", "not_included", "checkpoint_invalid", "witnesses_missing"] as const;

/** The first check that failed, and one sentence about it. */
export interface CallProofFailure {
  code: (typeof CALL_PROOF_CHECKS)[number];
  message: string;
}

const callProofShape = object({
  type: oneOf("countersign/call-proof@v1"),
  call: callShape,
  /** b64u of 32 bytes. */
  salt: base64url(32),
  /** Of the call among those of its batch, from 0; and how many these are. */
  index: count,
  size: integer(1),
  /** RFC 6962: the hashes beside the way from the call's entry to the batch's root, its sibling first; hexadecimal. */
  path: list(hash, 0, 53),
  /** The leaf that commits to the batch. */
  leaf: provenLeaf(recordOfKind("calls.logged")),
});
export type CallProof = Of<typeof callProofShape>;

const malformed = (message: string): { ok: false; refusal: CallProofFailure } => refuse({ code: "malformed", message });

/** Reads the text of a proof. Refuses, unread, what is too large; what is not strict JSON, has other members than the format, or other types. */
export function parseCallProof(content: string): Result<CallProof, CallProofFailure> {
  if (content.length > MAX_CALL_PROOF_BYTES) return malformed(`The proof is larger than ${MAX_CALL_PROOF_BYTES} bytes, which none is.`);
  const json = parseJson(content);
  if (!json.ok) return malformed(`The proof is not acceptable JSON: ${json.refusal.message} (${json.refusal.place}).`);
  const proof = fit(callProofShape, json.value);
  return proof.ok ? accept(proof.value) : malformed(`The proof does not have its format: ${proof.refusal}.`);
}
