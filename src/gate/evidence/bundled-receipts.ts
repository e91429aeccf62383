/** The receipts of requests that ended within a bundle, all to its one checkpoint. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { Manifest } from "#countersign/evidence/bundle-format.ts";
import { assembleReceipt, RecordWithheld, type ReceiptParts, type ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import { type EvidencePorts, Unprovable } from "./evidence-ports.ts";

/** A group of requests: each is a question to an object of its own, and what they hold is in memory. D1 answers 1,000 queries for one call. */
const AT_ONCE = 50;

type Missing = Manifest["missing_receipts"][number];

export interface BundledReceipt {
  request: string;
  /** Canonical JSON; null if it cannot be made, and then `missing` says why. */
  content: string | null;
  missing: Missing["reason"] | null;
  /** The policy whose leaf is in it. */
  policy: number | null;
}

/** What the objects of a request, and of the approval that gave the grant by which it passed, give for its receipt; null if one of them has nothing. */
interface Gathered {
  request: string;
  parts: ReceiptParts | null;
  giving: ReceiptParts | null;
}

/** What receipts are proven to, as a signed note, and how many leaves it is of. */
interface SignedTree {
  note: string;
  size: number;
}

/** In the order of the requests, a group at a time: what the log has of all of them is read together. */
export async function* bundledReceipts(
  requests: readonly string[],
  { note, size }: SignedTree,
  ports: EvidencePorts,
): AsyncGenerator<BundledReceipt> {
  const receipts = ports.receipts(note);
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    const gathered = await Promise.all(requests.slice(at, at + AT_ONCE).map((request) => gather(request, size, receipts, ports)));
    await receipts.prepare(gathered.flatMap(({ parts, giving }) => [parts, giving]).filter((one) => one !== null));
    for (const one of gathered) yield await receiptOf(one, receipts);
  }
}

async function gather(request: string, size: number, receipts: ReceiptPorts, ports: EvidencePorts): Promise<Gathered> {
  const parts = partsWithin(size, await ports.partsOf(request));
  const grant = parts?.further?.grant ?? null;
  const given = grant === null ? null : await receipts.requestOfGrant(grant.id);
  const giving = given === null ? null : partsWithin(size, await ports.partsOf(given));
  return { request, parts: grant !== null && giving === null ? null : parts, giving };
}

/** Without what became of it after the tree that all is proven to: a receipt of the moment that was signed. */
function partsWithin(size: number, parts: ReceiptParts | null): ReceiptParts | null {
  if (parts === null) return null;
  const { redeemedIndex, outcomeIndex, further } = parts;
  const within = (index: number | null) => (index === null || index >= size ? null : index);
  const outcome = within(outcomeIndex);
  return {
    ...parts,
    redeemedIndex: within(redeemedIndex),
    outcomeIndex: outcome,
    ...(further !== undefined && { further: { ...further, detail: outcome === null ? null : further.detail } }),
  };
}

/**
 * What cannot be made is named as missing, and does not keep the others back: an object that was put back, a record that it rests on
 * and that was erased.
 */
async function receiptOf({ request, parts, giving }: Gathered, receipts: ReceiptPorts): Promise<BundledReceipt> {
  const missing = (reason: Missing["reason"]): BundledReceipt => ({ request, content: null, missing: reason, policy: null });
  if (parts === null) return missing("not-available");
  try {
    const receipt = (await assembleReceipt(parts, receipts, giving)) as JsonObject & { policy?: { record: { version: number } } | null };
    return { request, content: canonicalize(receipt), missing: null, policy: receipt.policy?.record.version ?? null };
  } catch (error) {
    if (error instanceof RecordWithheld) return missing("erased");
    if (error instanceof Unprovable) return missing(error.reason);
    throw error;
  }
}
