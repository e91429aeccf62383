/** The receipt of an approval that has ended: records, salts and proofs from the log, words from the approval's object. */
import { receiptType } from "#countersign/documents/receipt.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";

/** A record with what proves that it is in the log. */
export interface ProvenRecord {
  record: object;
  /** b64u of 32 bytes. */
  salt: string;
  /** `c2sp.org/tlog-proof@v1`. */
  proof: string;
}

/** What the object knows. */
export interface ReceiptParts {
  /** Canonical JSON; null once payloads of its age are not kept any more. */
  payload: string | null;
  /** Origin line of the log that all of it is in. */
  log: string;
  /** Index of the final leaf. */
  finalIndex: number;
  /** Indices of the redemption and of the latest report; null if there is none. */
  redeemedIndex: number | null;
  outcomeIndex: number | null;
  /** Of the decisions, in their order; b64u. */
  credentialIds: string[];
  comments: { text: string; salt: string }[];
}

/** `proofs-lost`: of a log that has ended, the database does not hold all that is needed. */
export type ReceiptRefusal = { reason: "not-ended" } | { reason: "proofs-lost"; log: string };

export interface ReceiptPorts {
  /** Where the enrolments of these credentials stand in the log. */
  enrolmentIndices(credentialIds: readonly string[]): Promise<Map<string, number>>;
  /** The newest checkpoint of at least so many leaves, as a signed note: with witnesses, if one has them. */
  checkpoint(atLeast: number): Promise<string>;
  /** These leaves in the order asked for, all proven to that checkpoint. */
  prove(indices: readonly number[], checkpoint: string): Promise<ProvenRecord[]>;
}

/** The receipt document (docs/formats.md, "Receipt"). Throws if the log lacks what the object relies on. */
export async function assembleReceipt(parts: ReceiptParts, ports: ReceiptPorts): Promise<object> {
  const credentialIds = [...new Set(parts.credentialIds)];
  const later = [parts.redeemedIndex, parts.outcomeIndex].filter((index) => index !== null);
  // Whoever decided was enrolled before, so no other leaf stands behind these.
  const atLeast = Math.max(parts.finalIndex, ...later) + 1;
  const [enrolments, checkpoint] = await Promise.all([ports.enrolmentIndices(credentialIds), ports.checkpoint(atLeast)]);
  const indices = credentialIds.map((id) => {
    const index = enrolments.get(id);
    if (index === undefined) throw new Error("a decision's passkey has no enrolment in the log");
    return index;
  });
  const proven = await ports.prove([parts.finalIndex, ...indices, ...later], checkpoint);
  const [final, ...passkeys] = proven.slice(0, 1 + indices.length);
  const [redeemed = null, outcome = null] = proven.slice(1 + indices.length);
  const payload = parts.payload === null ? null : (JSON.parse(parts.payload) as JsonObject);
  return { type: receiptType(payload), payload, final, passkeys, comments: parts.comments, redeemed, outcome };
}
