/** What an agent's object is asked of what the agent did before, and told of what it does. Types only. */
import type { PastCall } from "#countersign/policy/judging/past/call.ts";
import type { PastAnswers, PastQuestion } from "#countersign/policy/judging/past/question.ts";

/**
 * What is judged, as its agent's object keeps it. When it was, the object says. Its key is the request's id, of a call that no people are
 * asked about a random one.
 */
export type PastEntry = Omit<PastCall, "atMs">;

/** A policy that asks of the past. */
export interface AskingPolicy {
  epoch: number;
  version: number;
}

export interface PastAsk {
  /** What is judged. It is in none of the answers. */
  entry: PastEntry;
  /** `watchedOf` its arguments, whatever of them may be kept. */
  watched: Readonly<Record<string, readonly string[]>>;
  /** Whether it counts from now on, for whatever is judged after it, unless it is left out later. */
  counts: boolean;
  /** By this policy. */
  by: AskingPolicy;
  questions: PastQuestion[];
}

/** What an agent's object knows of its past; a part of `RemoteCalls`. */
export interface RemotePast {
  /**
   * Answers; what counts is durable before that, once for its key. Throws if what is kept cannot be read. What cannot be known is null: all
   * of it where another version is in force.
   */
  past(ask: PastAsk): Promise<PastAnswers>;
  /** It was not done, and counts no more. */
  leaveOut(key: string): Promise<void>;
  /** It was done: from now on it is known what of it is usual. Not told, it still counts. */
  learn(key: string): Promise<void>;
}
