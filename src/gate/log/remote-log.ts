/** The log as the Worker reaches it: the calls that its Durable Object answers (durable-objects/log-sequencer.ts). */
import type { KeyLeaf, TransparencyLog } from "./transparency-log.ts";
import type { WitnessHealth } from "./witnessing/witnessed-log.ts";

export interface RemoteLog<Effect = never> extends TransparencyLog<Effect> {
  /** Where the log names its keys, oldest first. */
  keys(): Promise<KeyLeaf[]>;
  /** Of a log that is frozen: the largest checkpoint that was signed for. */
  finalCheckpoint(): Promise<string>;
  /** The note under which the manifest of an evidence bundle with that SHA-256 (hexadecimal) stands, signed with the log's key. Throws for anything else. */
  signEvidence(manifestHash: string): Promise<string>;
  /** Asks again for cosignatures that are missing or not fresh, also while nothing is appended; does not wait for them. */
  refreshWitnesses(): Promise<void>;
  /** How the witnesses do, with `sinceMs` since then (WitnessedLog.health); null if there are none. */
  witnessHealth(sinceMs?: number): Promise<WitnessHealth | null>;
}
