/** What making an evidence bundle needs of the world. */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { Manifest } from "#countersign/evidence/bundle-format.ts";
import type { ReceiptParts, ReceiptPorts } from "#gate/approvals/assemble-receipt.ts";
import type { HeadReader } from "#gate/log/reading/explore-log.ts";
import type { LogReader } from "#gate/log/reading/prove-leaves.ts";
import type { RemoteLog } from "#gate/log/remote-log.ts";

/** A leaf as it is stored. */
export interface EvidenceLeaf {
  index: number;
  /** Its idempotency key, which says whether it is of a request. */
  key: string;
  entry: Bytes;
  /** Canonical JSON and b64u; null once erased. */
  record: string | null;
  salt: string | null;
}

export interface EvidenceReader {
  /** The leaves from `first` on, `count` of them, in their order; fewer if there are fewer. */
  leaves(first: number, count: number): Promise<EvidenceLeaf[]>;
  /** How many requests ended with one of the leaves from `first` up to, but not including, `last`. */
  countEnded(first: number, last: number): Promise<number>;
  /** Where passkeys were let in, below `size`, in the order of the log. */
  enrolments(size: number): Promise<number[]>;
  /** Which versions of the policy were published in this log below `size`, and where; in the order of the log. */
  policies(size: number): Promise<{ version: number; index: number }[]>;
  /** Canonical JSON of that version; null if it is not there. */
  policyDocument(version: number): Promise<string | null>;
}

/** What a receipt rests on cannot be shown any more: thrown by `receipts`, and by nothing else. */
export class Unprovable extends Error {
  readonly reason: Manifest["missing_receipts"][number]["reason"];
  constructor(reason: Unprovable["reason"]) {
    super(reason);
    this.reason = reason;
  }
}

export interface EvidencePorts {
  /** Of the service. */
  origin: string;
  log: Pick<RemoteLog, "checkpoint" | "witnessedCheckpoint" | "signEvidence">;
  heads: HeadReader;
  reader: LogReader;
  evidence: EvidenceReader;
  /** What a request's object gives for its receipt; null if it has nothing, or not for this reader. */
  partsOf(requestId: string): Promise<ReceiptParts | null>;
  /** Where receipts come from, all to this one checkpoint; throws `Unprovable` for what is there no more. What was read for one is not read again for the next. */
  receipts(signed: string): ReceiptPorts & {
    /** Reads what the receipts of these need, together; what is not prepared is read one by one. */
    prepare(parts: readonly ReceiptParts[]): Promise<void>;
  };
  now(): number;
}
