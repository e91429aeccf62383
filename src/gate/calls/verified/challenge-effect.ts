/** What becomes of a challenge with its leaf of the log, and under which conditions. */

/** Its one use, and the count of the passkey that signed it, written together. */
export interface ChallengeEffect {
  kind: "challenge-consumed";
  /** b64u of 64 bytes. */
  challenge: string;
  agentId: string;
  /** b64u. */
  credentialId: string;
  signCount: number;
  /** Of this assertion and of no other: SHA-256, hexadecimal. */
  assertionHash: string;
  at: string;
}

/** Why it is not consumed, by the condition that does not hold in the write. */
export const CONSUMPTION_REFUSALS = {
  challenge_is_open: "challenge_consumed",
  verifies_calls: "unknown_credential",
  counter_goes_on: "signature_counter_regression",
} as const;
