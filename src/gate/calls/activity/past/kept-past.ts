/** What an agent's object keeps of what the agent did, to answer what policies ask of it, and where it has that from at first. Types only. */
import type { PastCall } from "#countersign/policy/judging/past/call.ts";
import type { PastProfile } from "#countersign/policy/judging/past/profile.ts";

/** One thing that was done, or is under way. */
export interface KeptEntry extends PastCall {
  /** Whether it can be left out no more, so that what it did is usual from then on. */
  isLearnt: boolean;
}

/** There is one only while the policy in force asks of the past. */
export interface PastState {
  /** Of the newest policy that asked. */
  version: number;
  /** How far back it asks, in milliseconds. */
  longestWithin: number;
  /** The members that it watches; null if it does not ask what is unusual. */
  watch: readonly (readonly string[])[] | null;
  /** Nothing is known of what was before; null: all there ever was is kept. */
  sinceMs: number | null;
  /** When the record was found to be ahead, as far as that is in `sinceMs`. */
  aheadAtMs: number | null;
  /** From then on everything is told as it happens; what was before comes from the record. */
  fromMs: number;
  /** Whether that has come. */
  isSeeded: boolean;
}

/** Everything within `write` is written, or nothing of it. Nothing else is. */
export interface PastStore {
  /** Null until something was written. */
  state(): PastState | null;
  entries(): KeptEntry[];
  /** Of what is kept no more; null of nothing. */
  profile(): PastProfile | null;
  write(work: (to: PastWrites) => void): void;
}

export interface PastWrites {
  state(state: PastState): void;
  profile(profile: PastProfile): void;
  /** Nothing if there is one of that key. */
  add(entries: readonly KeptEntry[]): void;
  learn(key: string): void;
  drop(keys: readonly string[]): void;
  /** Nothing is left. */
  end(): void;
}

/** What of the past comes from elsewhere. Where that cannot be read, it throws. */
export interface PastSources {
  /**
   * Calls that nobody was asked about and that went out, from the record, the newest first: numbers up to `lastNumber` that came between
   * `fromMs` and `beforeMs`; and those that people were asked about, under their requests, for what is kept of their arguments.
   */
  calls(agentId: string, of: { fromMs: number; beforeMs: number; lastNumber: number }, take: TakeFound): Promise<KnownFrom>;
  /** Asks, and calls that people approved, that were used since then, from the log. Of their arguments it knows nothing. */
  uses(agentId: string, fromMs: number): Promise<{ found: FoundEntry[]; knownFromMs: KnownFrom }>;
}

/** Says whether there is room for another. */
export type TakeFound = (found: FoundEntry) => boolean;

/** What came before that moment is not all there; null: all of it is. */
export type KnownFrom = number | null;

/** `args`: as far as they are kept; null: they are not. */
export interface FoundEntry {
  key: string;
  atMs: number;
  server: string | null;
  tool: string;
  args: string | null;
}
