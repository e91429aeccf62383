/** What an agent's object keeps of calls until they are handed over, and what of it has to be written at once. Types only. */
import type { CallRecord } from "#countersign/documents/call.ts";
import type { RecordOf, SealedRecord } from "#countersign/documents/record.ts";
import type { CallEnd, KeptCall } from "#rules/calls/record/kept-call.ts";

/** Calls on their way into the record: always the same bytes until that holds. */
export interface CallBatch {
  from: number;
  to: number;
  /** Of the calls, in their order. */
  ids: number[];
  /** Those that had not ended when it was fixed. */
  open: number[];
  sealed: SealedRecord<RecordOf<"calls.logged">>;
}

/** A record that stands for all of its kind within a minute. */
export interface Folded {
  id: number;
  minute: number;
}

export interface CallsState {
  agent: CallRecord["agent"];
  /** Everything up to this number has been handed over. */
  handed: number;
  batch: CallBatch | null;
  /** When the record was found to be ahead of what is here; null if it never was. */
  aheadAtMs: number | null;
  /** Whether the next call has to say so. */
  saysSo: boolean;
  /** By status and rule. */
  folded: Record<string, Folded>;
}

/** A moment, or ten seconds of one, with what was spent in it. */
export interface Spent {
  at: number;
  calls: number;
  credits: number;
}

/** Everything within the outermost `write` is written, or nothing of it. Nothing else is. */
export interface CallStore {
  /** Null until something was written. */
  state(): CallsState | null;
  write<Done>(work: (to: CallWrites) => Done): Done;
  /** The number that the next call is told. */
  nextId(state: CallsState): number;
  call(id: number): KeptCall | null;
  /** Those that were not handed over, the oldest first. */
  notHandedOver(most: number): KeptCall[];
  /** By their ids, in that order. */
  calls(ids: readonly number[]): KeptCall[];
  /** Those that were handed over before they had ended, and have by now. */
  lateEnds(most: number): KeptCall[];
  /** The newest first. */
  since(atMs: number, most: number): KeptCall[];
  idsSince(atMs: number): number[];
  /** Those that end by themselves before then. */
  overdue(nowMs: number, most: number): KeptCall[];
  /** Those that wait on this request and have not ended. */
  openOf(request: string): KeptCall[];
  /** When the next one ends by itself. */
  nextEndMs(): number | null;
  /** How much there is, in calls and in characters, and how many calls wait to be handed over. */
  size(): { calls: number; characters: number; waiting: number };
  joined(key: string): string | null;
  spent(rule: string, afterMs: number): Spent[];
}

export interface CallWrites {
  state(state: CallsState): void;
  add(call: Omit<KeptCall, "end" | "number" | "count">): void;
  countOneMore(id: number): void;
  end(id: number, end: CallEnd | null): void;
  /** The same of a call that waits on no request, if it has not ended. Whether it was one. */
  endSent(id: number, end: CallEnd): boolean;
  handedOver(id: number, number: number): void;
  drop(ids: readonly number[]): void;
  join(key: string, request: string, atMs: number): void;
  unjoin(key: string, request: string): void;
  unjoinBefore(atMs: number): void;
  spend(rule: string, spent: Spent): void;
  forgetSpent(beforeMs: number): void;
  /** At the latest then; earlier if that was said before. */
  wakeBy(atMs: number): void;
}
