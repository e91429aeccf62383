/**
 * What the gate needs of the log: append, and learn where it stands. The contract only; the sequencer behind it is
 * durable-objects/log-sequencer.ts, its tables d1-migrations/0001.
 */
import type { Bytes } from "#countersign/encoding/bytes.ts";
import type { SealedRecord } from "#countersign/documents/record.ts";

/**
 * `Effect` is what becomes visible together with the leaf, in the same D1 batch: both are there, or neither is. Which effects there
 * are is for each room to say (gate/effects.ts has them all), and the log knows nothing of them. `never` is a leaf alone.
 */
export interface Leaf<Effect = never> {
  /** One leaf per key, for ever (documents/leaf-key.ts). */
  idem: string;
  sealed: SealedRecord;
  effect: Effect | null;
}

export interface StoredLeaf {
  index: number;
  /** 33 bytes. */
  entry: Bytes;
  /** Null once erased. */
  sealed: SealedRecord | null;
}

export type AppendOutcome =
  /** In the log and durable; also when an earlier call with equal bytes put it there. */
  | { status: "logged"; index: number }
  /** Another leaf has this key. The caller adopts it or gives up. */
  | { status: "conflict"; index: number; sealed: SealedRecord }
  /** The effect breaks a constraint (a taken username, a spent nonce), named as SQLite names it. Nothing was written. */
  | { status: "refused"; constraint: string };

export interface TransparencyLog<Effect = never> {
  /** Resolves once durable in D1. Throws if that cannot be known now: calling again with the same leaf is always safe. */
  append(leaf: Leaf<Effect>): Promise<AppendOutcome>;
  /**
   * The newest signed checkpoint (C2SP signed note): committed in D1, and an extension of every one signed before. It has
   * at least `atLeast` leaves if the log has: another writer may have appended what this one does not know of. It carries the
   * cosignatures of witnesses that there are.
   */
  checkpoint(atLeast?: number): Promise<string>;
  /** The newest one of at least `atLeast` leaves that enough witnesses have cosigned; what `checkpoint` gives if there is none. */
  witnessedCheckpoint(atLeast?: number): Promise<string>;
  /** The newest of the log's verifier keys, `<origin>+<key id>+<key>`. */
  vkey(): Promise<string>;
}

/** A leaf that names a key of the log: genesis, or a rotation. */
export interface KeyLeaf {
  index: number;
  /** To prove it by: a rotation's has been signed by the key before, if that can be. */
  checkpoint: string;
}

/** What an operator, or a caller that waits, has to tell apart. */
export type LogErrorCode =
  /** Too much is waiting; come back in a second. */
  | "log_queue_full"
  /** Other writers won every race for the next place; come back in a second. */
  | "log_contended"
  /** LOG_SIGNING_KEY is not the log's key. */
  | "log_wrong_key"
  /** This database holds the log of another origin, or a leaf is of another log. */
  | "log_wrong_origin"
  | "log_frozen"
  /** D1 went back in time, or holds another history than the one signed for. The log is frozen. */
  | "log_rolled_back"
  /** D1's own rows contradict each other. The log is frozen. */
  | "log_damaged"
  /** The leaf with this key is another one, and what it held has been erased. */
  | "log_record_erased";

/** The log does not answer, and why. Nothing is known to be written; the same leaf may always be appended again. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  constructor(code: LogErrorCode, explanation: string) {
    // The code is in the message too, because that is all that is sure to survive a call between objects.
    super(`${code}: ${explanation}`);
    this.name = "LogError";
    this.code = code;
  }
}

/** The code of a LogError, also after it has crossed from one object to another; null for any other error. */
export const logErrorCode = (error: unknown): LogErrorCode | null =>
  error instanceof Error ? ((/^(?:LogError: )?(log_[a-z_]+): /.exec(error.message)?.[1] as LogErrorCode | undefined) ?? null) : null;
