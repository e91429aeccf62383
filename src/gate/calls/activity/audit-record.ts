/** What an agent's object needs of the record that is searched (`AUDIT`) and of the log, to hand calls over. Types only. */
import type { CallRecord } from "#countersign/documents/call.ts";
import type { RecordOf, SealedRecord } from "#countersign/documents/record.ts";
import type { RecentCall } from "#rules/calls/admission.ts";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { CallEnd, KeptCall } from "#rules/calls/record/kept-call.ts";

type SealedBatch = SealedRecord<RecordOf<"calls.logged">>;

/** A call as it goes into the record. */
export interface RecordedCall {
  record: CallRecord;
  kept: KeptCall;
}

export interface BatchOfCalls {
  from: number;
  to: number;
  sealed: SealedBatch;
  /** Of each call, below the root. */
  hashes: Bytes[];
  calls: RecordedCall[];
}

/** An end that was not known when its call was handed over. */
export interface LateEnd {
  number: number;
  end: CallEnd;
  kept: KeptCall;
}

export interface AuditRecord {
  /** Durable once it resolves; also when it was there already. `taken`: other calls have one of these numbers, and nothing was written. */
  write(agentId: string, batch: BatchOfCalls): Promise<"written" | "taken">;
  /** Takes a batch back that the log has not taken, and never will. Nothing if it is not there. */
  takeBack(agentId: string, batch: Pick<BatchOfCalls, "from" | "sealed">): Promise<void>;
  /** Notes how these ended. Nothing for calls that are not kept any more. */
  noteEnds(agentId: string, ends: readonly LateEnd[]): Promise<void>;
  /** The newest batch; null if there is none. */
  newest(agentId: string): Promise<{ from: number; to: number; sealed: SealedBatch } | null>;
  /** Numbers and salts of at most `most` calls from that number on, in their order. */
  salts(agentId: string, from: number, most: number): Promise<{ number: number; salt: string }[]>;
  /** Calls since then, the newest first, with their salts. */
  since(agentId: string, atMs: number, most: number): Promise<(RecentCall & { salt: string })[]>;
}

/** What the log holds of calls. */
export interface LoggedCalls {
  /** Up to which number the log has all batches from the one on that follows `after`; `after` if there is none. */
  reached(agentId: string, after: number): Promise<number>;
}
