/** What an agent does, as the Worker reaches it: the calls that its Durable Object answers (durable-objects/agent-activity.ts). */

import type { AgentFacts } from "#rules/policies/judged.ts";

/** Whose key it is. Never changes. */
export interface KeyHolder {
  id: string;
  /** The person who answers for it. */
  owner: string;
}

/** What the primary says of a key that is not revoked. */
export interface KeyReading {
  agent: KeyHolder;
  /** What its calls are judged by. */
  facts: AgentFacts;
  /** Its agent's calls that have been refused within this minute. */
  refusals: number;
  /** Of a key that was replaced: it opens nothing from then on. */
  until?: string;
}

/** What is left of a reading at that time (milliseconds since the epoch): nothing of a key that is over by then. */
export const notOver = (reading: KeyReading | null, nowMs: number): KeyReading | null =>
  reading?.until !== undefined && Date.parse(reading.until) <= nowMs ? null : reading;

export interface RemoteActivity {
  /**
   * How the key of this hash stands (`apiKeyHash`), asked for at most `GIVEN_MS` ago (rules/lease.ts); null if it is revoked or nobody's.
   * Throws if that cannot be known.
   */
  standing(keyHash: string): Promise<KeyReading | null>;
  /** Forgets what was read, because it has changed. */
  forget(): Promise<void>;
}
