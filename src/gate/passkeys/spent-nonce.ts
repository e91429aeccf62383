/** How long it is remembered that a nonce served. */
import { timestamp } from "#countersign/documents/words.ts";
import type { SpentNonce } from "#gate/log/transparency-log.ts";

/** Clocks differ between machines: a row outlives its nonce by far, so that it is never gone while the nonce still passes. */
const MARGIN_MS = 60 * 60 * 1000;

/** The row that keeps a nonce, which passes until `expiresMs`, from serving again. */
export const nonceToSpend = (nonce: string, expiresMs: number): SpentNonce => ({ nonce, expiresAt: timestamp(expiresMs + MARGIN_MS) });

/** Of a write that would have spent a nonce for the second time. */
export interface NonceSpent {
  reason: "nonce-spent";
}
