/** What is remembered of a challenge's nonce that has served, and for how long. */
import { timestamp } from "#countersign/documents/words.ts";

/** A nonce that must not serve again. Written with what it authorised, so that a failure spends nothing. */
export interface SpentNonce {
  /** b64u of 32 bytes. */
  nonce: string;
  /** From then on it is refused by age, and its row may go. */
  expiresAt: string;
}

/** Clocks differ between machines: a row outlives its nonce by far, so that it is never gone while the nonce still passes. */
const MARGIN_MS = 60 * 60 * 1000;

/** The row that keeps a nonce, which passes until `expiresMs`, from serving again. */
export const nonceToSpend = (nonce: string, expiresMs: number): SpentNonce => ({ nonce, expiresAt: timestamp(expiresMs + MARGIN_MS) });

/** Of a write that would have spent a nonce for the second time. */
export interface NonceSpent {
  reason: "nonce-spent";
}

/** Whether a write was refused because a nonce has served already: the constraint as SQLite names it. */
export const isSpent = (constraint: string): boolean => constraint.includes("spent_nonce.nonce");
