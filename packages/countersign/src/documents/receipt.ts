/**
 * The document that proves a decision to anyone (docs/formats.md, "Receipt"). Its shape, and reading it; what its parts
 * must say of each other is receipt-rules.ts, and the log above them ../verifier.ts.
 */
import { type JsonObject, parseJson, readPayload } from "../json/canonical-json.ts";
import { utf8 } from "../encoding/bytes.ts";
import { MAX_DECISIONS, recordOfKind } from "./record.ts";
import { accept, refuse, type Result } from "../result.ts";
import { fit, list, Misfit, nullable, object, oneOf, type Of, type Shape, text } from "../json/shape.ts";
import { base64url } from "./words.ts";

/** Of a receipt's text in UTF-8: far more than one with the largest payload and dozens of decisions. */
export const MAX_RECEIPT_BYTES = 8 * 1024 * 1024;

/** The checks of a receipt in their order, each by the code of its failure. */
export const RECEIPT_CHECKS = [
  "malformed",
  "payload_mismatch",
  "statement_mismatch",
  "assertion_invalid",
  "not_enrolled",
  "verdict_mismatch",
  "quorum_not_met",
  "times_out_of_order",
  "not_included",
  "checkpoint_invalid",
  "witnesses_missing",
] as const;
export type ReceiptFailureCode = (typeof RECEIPT_CHECKS)[number];

/** The first check that failed, and one sentence about it. */
export interface ReceiptFailure {
  code: ReceiptFailureCode;
  message: string;
}

const payload: Shape<JsonObject> = (value, path) => {
  const read = readPayload(value ?? null);
  if (!read.ok) throw new Misfit(path, read.refusal.message);
  return read.value;
};

/** A record with what its leaf is made of, and the proof that the leaf is in the log (C2SP tlog-proof, as text). */
const provenLeaf = <T>(record: Shape<T>) => object({ record, salt: base64url(32), proof: text(1) });

const WITH_PAYLOAD = "countersign/receipt@v1";
const WITHOUT_PAYLOAD = "countersign/receipt-without-payload@v1";

/** The type of a receipt with this payload, or without one. */
export const receiptType = (given: JsonObject | null): Receipt["type"] => (given === null ? WITHOUT_PAYLOAD : WITH_PAYLOAD);

const receiptShape = object({
  type: oneOf(WITH_PAYLOAD, WITHOUT_PAYLOAD),
  /** Null in a receipt without: the service did not keep it any longer. */
  payload: nullable(payload),
  final: provenLeaf(recordOfKind("approval.approved", "approval.denied", "approval.expired", "approval.cancelled")),
  passkeys: list(provenLeaf(recordOfKind("passkey.enrolled")), 0, MAX_DECISIONS),
  comments: list(object({ text: text(), salt: base64url(32) }), 0, MAX_DECISIONS),
  redeemed: nullable(provenLeaf(recordOfKind("approval.redeemed"))),
  outcome: nullable(provenLeaf(recordOfKind("call.succeeded", "call.failed", "call.unknown"))),
});
export type Receipt = Of<typeof receiptShape>;

/** How a receipt is refused that is larger than any. */
export const RECEIPT_TOO_LARGE: ReceiptFailure = {
  code: "malformed",
  message: `The receipt is larger than ${MAX_RECEIPT_BYTES} bytes, which none is.`,
};

/** Reads the text of a receipt. Refuses, unread, what is too large; what is not strict JSON, has other members than the format, or other types. */
export function parseReceipt(content: string): Result<Receipt, ReceiptFailure> {
  // A text has at least as many bytes as UTF-16 code units.
  if (content.length > MAX_RECEIPT_BYTES || utf8(content).length > MAX_RECEIPT_BYTES) return refuse(RECEIPT_TOO_LARGE);
  const json = parseJson(content);
  if (!json.ok)
    return refuse({ code: "malformed", message: `The receipt is not acceptable JSON: ${json.refusal.message} (${json.refusal.place}).` });
  const receipt = fit(receiptShape, json.value);
  if (!receipt.ok) return refuse({ code: "malformed", message: `The receipt does not have its format: ${receipt.refusal}.` });
  if (receipt.value.type !== receiptType(receipt.value.payload))
    return refuse({ code: "malformed", message: "The receipt does not have its format: payload: it is there or not, as the type says." });
  if (receipt.value.outcome !== null && receipt.value.redeemed === null) {
    return refuse({ code: "malformed", message: "The receipt tells the outcome of a call that nobody redeemed." });
  }
  return accept(receipt.value);
}
