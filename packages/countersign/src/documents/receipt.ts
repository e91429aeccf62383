/**
 * The document that proves a decision to anyone (docs/formats.md, "Receipt"). Its shape, and reading it; what its parts
 * must say of each other is receipt-rules.ts, and the log above them ../verifier.ts.
 */
import { type JsonObject, parseJson, readPayload } from "../json/canonical-json.ts";
import { utf8 } from "../encoding/bytes.ts";
import { finalShape, MAX_DECISIONS, recordOfKind } from "./record.ts";
import { isV2 } from "./request.ts";
import { accept, refuse, type Result } from "../result.ts";
import { anyObject, fit, list, Misfit, nullable, object, oneOf, type Of, type Shape, text } from "../json/shape.ts";
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
  "basis_not_allowed",
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
export const provenLeaf = <T>(record: Shape<T>) => object({ record, salt: base64url(32), proof: text(1) });

/** Text that a hash commits to. */
const openedText = object({ text: text(), salt: base64url(32) });

/** The type of a receipt of a request of this version with this payload, or without one. */
export const receiptType = <Version extends 1 | 2>(version: Version, given: JsonObject | null) =>
  `countersign/receipt${given === null ? "-without-payload" : ""}@v${version}` as const;

const typesOf = <Version extends 1 | 2>(version: Version) => [receiptType(version, {}), receiptType(version, null)] as const;

const members = {
  /** Null in a receipt without: the service did not keep it any longer. */
  payload: nullable(payload),
  passkeys: list(provenLeaf(recordOfKind("passkey.enrolled")), 0, MAX_DECISIONS),
  comments: list(openedText, 0, MAX_DECISIONS),
  redeemed: nullable(provenLeaf(recordOfKind("approval.redeemed"))),
  outcome: nullable(provenLeaf(recordOfKind("call.succeeded", "call.failed", "call.unknown"))),
};

const receiptV1 = object({
  type: oneOf(...typesOf(1)),
  ...members,
  final: provenLeaf(recordOfKind("approval.approved", "approval.denied", "approval.expired", "approval.cancelled")),
});

/** Of something that is refused before it is read. */
const unreadLeaf = provenLeaf(anyObject);

const furtherMembers = {
  /** The words behind the outcome's hash, as long as they are kept. */
  detail: nullable(openedText),
  /** What it was judged by. */
  policy: nullable(provenLeaf(recordOfKind("policy.published"))),
  /** Of a plan. */
  steps: list(object({ redeemed: unreadLeaf, outcome: nullable(unreadLeaf) }), 0, 20),
};

/** Of an approval that people signed: no grant stands behind one that gives a grant. */
const grantingReceipt = object({
  type: oneOf(...typesOf(2)),
  ...members,
  ...furtherMembers,
  final: provenLeaf(recordOfKind("approval.approved")),
  grant: oneOf(null),
});

const receiptV2 = object({
  type: oneOf(...typesOf(2)),
  ...members,
  ...furtherMembers,
  final: provenLeaf(finalShape),
  /** Of what a grant let pass: the receipt of the approval that gave it, and its use. */
  grant: nullable(object({ receipt: grantingReceipt, used: provenLeaf(recordOfKind("grant.used")) })),
});
export type ReceiptV1 = Of<typeof receiptV1>;
export type ReceiptV2 = Of<typeof receiptV2>;
export type Receipt = ReceiptV1 | ReceiptV2;

/** The receipt of the approval that gave the grant by which this passed; null if none did. */
export const grantingReceiptOf = (receipt: Receipt): ReceiptV2 | null => ("grant" in receipt && receipt.grant?.receipt) || null;

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
  const failure = formFailure(receipt.value);
  return failure === null ? accept(receipt.value) : refuse(failure);
}

const receiptShape: Shape<Receipt> = (value, path) => {
  const { type } = anyObject(value, path);
  return (typesOf(2).some((one) => one === type) ? receiptV2 : receiptV1)(value, path);
};

/** What has to fit together before anything is looked at, and what this version does not know how to verify. */
export function formFailure(receipt: Receipt): ReceiptFailure | null {
  const { type, payload: given, final, outcome, redeemed } = receipt;
  const { request } = final.record;
  const malformed = (message: string): ReceiptFailure => ({ code: "malformed", message });
  if (type !== receiptType("steps" in receipt ? 2 : 1, given))
    return malformed("The receipt does not have its format: payload: it is there or not, as the type says.");
  if (isV2(request) !== "steps" in receipt) return malformed("The receipt is of another version than its request.");
  if (outcome !== null && redeemed === null) return malformed("The receipt tells the outcome of a call that nobody redeemed.");
  return "steps" in receipt ? furtherUnfit(receipt, malformed) : null;
}

/** Of what only version 2 has. */
function furtherUnfit(
  { final: { record }, steps, grant }: ReceiptV2,
  malformed: (message: string) => ReceiptFailure,
): ReceiptFailure | null {
  if (steps.length > 0 || record.request.context["plan"] !== undefined)
    return malformed("The receipt holds a plan, which this version cannot verify.");
  const passed = "basis" in record ? record : null;
  const isByGrant = passed?.basis === "grant";
  if ((grant !== null) !== isByGrant || (passed !== null && (passed.grant !== null) !== isByGrant))
    return malformed("A grant, its use and the approval that gave it are in a receipt exactly if a grant let it pass.");
  const inside = grant === null ? null : formFailure(grant.receipt);
  return inside && malformed(`In the receipt of the approval that gave the grant: ${inside.message}`);
}
