/** What an object keeps of each thing that happened to its request. Types only. */
import type { LogRecord, SealedRecord } from "#countersign/documents/record.ts";

/** Something that happened, once and for ever: its record was sealed in the same write, and is never made again. */
export interface Fact<Kept extends LogRecord> {
  sealed: SealedRecord<Kept>;
  /** Index of its leaf; null until it is in the log, and until then the agent does not hear of it. */
  logged: number | null;
}

/** The words behind a record's hash, kept apart so that they can be erased. `salt`: b64u of 32 random bytes. */
export interface Words {
  text: string;
  salt: string;
}
