/**
 * Nonces of ceremonies, which need no storage until they are spent: a stranger who asks for thousands writes nothing.
 * 32 bytes: 6 of issue time (ms, big-endian) ‖ 10 random ‖ 16 of HMAC-SHA-256 over context ‖ the first 16, under a key of
 * its purpose. Spending one, so that it serves once, is the work of whoever stores what it authorised.
 */
import { b64u, concat, equal, fromB64u, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";

export type CeremonyPurpose = "sign-in" | "enrol" | "admin" | "own" | "alike" | "batch";
export interface NonceRefusal {
  reason: "nonce-not-ours" | "nonce-expired";
}

/** How many random bytes a nonce takes. */
export const NONCE_RANDOM_BYTES = 10;

const TIME_BYTES = 6;
const BODY_BYTES = TIME_BYTES + NONCE_RANDOM_BYTES;
const TAG_BYTES = 16;
const VALID_MS = 15 * 60 * 1000;

function tag(serverSecret: Uint8Array, purpose: CeremonyPurpose, context: string, body: Uint8Array): Uint8Array {
  return keyedHash(serverSecret, `countersign/ceremony-nonce/v1/${purpose}`, concat(utf8(context), body)).subarray(0, TAG_BYTES);
}

/** A nonce, b64u, for one purpose and `context` (whatever else it must not serve for). `random` is `NONCE_RANDOM_BYTES` long. */
export function makeCeremonyNonce(
  serverSecret: Uint8Array,
  purpose: CeremonyPurpose,
  context: string,
  random: Uint8Array,
  nowMs: number,
): string {
  if (random.length !== NONCE_RANDOM_BYTES) throw new Error(`a nonce takes ${NONCE_RANDOM_BYTES} random bytes`);
  const time = Uint8Array.from({ length: TIME_BYTES }, (_, i) => Math.floor(nowMs / 2 ** (8 * (TIME_BYTES - 1 - i))) % 256);
  const body = concat(time, random);
  return b64u(concat(body, tag(serverSecret, purpose, context, body)));
}

/** When the nonce expires (ms), if this service made it for that purpose and context within the last 15 minutes. */
export function checkCeremonyNonce(
  serverSecret: Uint8Array,
  purpose: CeremonyPurpose,
  context: string,
  nonce: string,
  nowMs: number,
): Result<number, NonceRefusal> {
  const bytes = fromB64u(nonce);
  if (bytes?.length !== BODY_BYTES + TAG_BYTES) return refuse({ reason: "nonce-not-ours" });
  const body = bytes.subarray(0, BODY_BYTES);
  if (!equal(bytes.subarray(BODY_BYTES), tag(serverSecret, purpose, context, body))) return refuse({ reason: "nonce-not-ours" });
  const issuedMs = body.subarray(0, TIME_BYTES).reduce((ms, byte) => ms * 256 + byte, 0);
  const expiresMs = issuedMs + VALID_MS;
  return nowMs < expiresMs ? accept(expiresMs) : refuse({ reason: "nonce-expired" });
}
