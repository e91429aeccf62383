/** A receipt as it comes from a service, checked before anybody keeps it: by itself, and against what is remembered of the log. */
import type { Basis } from "../documents/record.ts";
import { type JsonObject, parseJson } from "../json/canonical-json.ts";
import { isObject } from "../json/shape.ts";
import { accept, refuse, type Result } from "../result.ts";
import { parseProof } from "../tlog/proof.ts";
import { parseReceipt, type ReceiptVerdict, trustProblem, verifyReceipt } from "../verifier.ts";
import type { Doubt, LogWatch } from "./known-log.ts";
import { rememberCheckpoint } from "./remember-checkpoint.ts";

export type ReceiptDoubt = Doubt | { code: "receipt_invalid" | "basis_not_allowed"; message: string };

/** A valid receipt, as it was served, and what it proves. */
export interface CheckedReceipt {
  text: string;
  verdict: ReceiptVerdict;
  /** What was decided about; null if the service did not keep it. */
  payload: JsonObject | null;
}

const invalid = (message: string) => refuse<ReceiptDoubt>({ code: "receipt_invalid", message });

/** Whether the text claims to be a receipt, of whichever version. What does not is no answer to whoever wants one. */
export function isReceiptLike(text: string): boolean {
  const json = parseJson(text);
  const type = json.ok && isObject(json.value) ? json.value["type"] : undefined;
  return typeof type === "string" && /^countersign\/receipt(?:-without-payload)?@/.test(type);
}

/**
 * Whether the text is a valid receipt of this request, in the log that is known. For where the request was made, and whose the
 * passkeys are, the log is believed: whoever wants to name those verifies offline. What passed without people is refused unless its basis
 * is allowed.
 */
export async function checkReceipt(
  text: string,
  requestId: string,
  watch: LogWatch,
  allowBasis: readonly Basis[] = [],
): Promise<Result<CheckedReceipt, ReceiptDoubt>> {
  const receipt = parseReceipt(text);
  if (!receipt.ok) return invalid(`What came is not a valid receipt. ${receipt.refusal.message}`);
  const { record, proof } = receipt.value.final;
  if (record.request.id !== requestId) return invalid("What came is the receipt of another request.");
  const place = parseProof(proof);
  if (!place.ok) return invalid("What came is not a valid receipt. Its proof cannot be read.");

  const remembered = await rememberCheckpoint(place.value.checkpoint, watch);
  if (!remembered.ok) return remembered;
  const trust = { vkey: remembered.value.vkey, origin: record.request.origin, allowBasis };
  const problem = trustProblem(trust);
  if (problem !== null) return invalid(`What came is not a valid receipt: ${problem}.`);
  const verified = await verifyReceipt(receipt.value, trust);
  if (verified.ok) return accept({ text, verdict: verified.value, payload: receipt.value.payload });
  const { code, message } = verified.refusal;
  return code === "basis_not_allowed" ? refuse({ code, message }) : invalid(`What came is not a valid receipt (${code}). ${message}`);
}
