/** The receipts of requests that ended within a bundle, all to its one checkpoint. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { Manifest } from "#countersign/evidence/bundle-format.ts";
import { assembleReceipt, type ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import { type EvidencePorts, Unprovable } from "./evidence-ports.ts";

/** Asked for at the same moment: each is a question to an object of its own, and what a receipt holds is in memory. */
const AT_ONCE = 12;

type Missing = Manifest["missing_receipts"][number];

export interface BundledReceipt {
  request: string;
  /** Canonical JSON; null if it cannot be made, and then `missing` says why. */
  content: string | null;
  missing: Missing["reason"] | null;
  /** The policy whose leaf is in it. */
  policy: number | null;
}

/** In the order of the requests, a few at once. */
export async function* bundledReceipts(requests: readonly string[], signed: string, ports: EvidencePorts): AsyncGenerator<BundledReceipt> {
  const receipts = ports.receipts(signed);
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    yield* await Promise.all(requests.slice(at, at + AT_ONCE).map((request) => receiptOf(request, receipts, ports)));
  }
}

/**
 * What cannot be made is named as missing, and does not keep the others back: an object that was put back, a record that it rests on
 * and that was erased.
 */
async function receiptOf(request: string, receipts: ReceiptPorts, ports: EvidencePorts): Promise<BundledReceipt> {
  const missing = (reason: Missing["reason"]): BundledReceipt => ({ request, content: null, missing: reason, policy: null });
  const parts = await ports.partsOf(request);
  if (parts === null) return missing("not-available");
  const grant = parts.further?.grant ?? null;
  const given = grant === null ? null : await receipts.requestOfGrant(grant.id);
  const giving = given === null ? null : await ports.partsOf(given);
  if (grant !== null && giving === null) return missing("not-available");
  try {
    const receipt = (await assembleReceipt(parts, receipts, giving)) as JsonObject & { policy?: { record: { version: number } } | null };
    return { request, content: canonicalize(receipt), missing: null, policy: receipt.policy?.record.version ?? null };
  } catch (error) {
    if (error instanceof Unprovable) return missing(error.reason);
    throw error;
  }
}
