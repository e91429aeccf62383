/** What becomes of what is refused without asking with a leaf of the log, and under which conditions. */
import type { DeniedPattern } from "#rules/policies/denied-pattern.ts";

/** `credentialId`: the passkey that signed the denial it stands on, b64u. */
export type PatternEffect =
  | { kind: "pattern-denied"; pattern: DeniedPattern; agentId: string; by: string; credentialId: string; at: string }
  | { kind: "pattern-lifted"; id: string; by: string; at: string };

/** Why it is not made, by the condition that does not hold in the write. */
export const PATTERN_REFUSALS = {
  agent_stands: "agent-revoked",
  denies_patterns: "person-not-standing",
  few_patterns: "too-many-patterns",
} as const;

/** Why it is not lifted. */
export const LIFTING_REFUSALS = { pattern_is_in_force: "unknown-pattern", lifts_patterns: "may-not-lift" } as const;
