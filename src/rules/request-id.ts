/**
 * Request ids prove that this service made them, so that a made-up id is refused before any object is touched
 * (docs/formats.md, "Identifiers and keys"): `apr_` + b64u(16 bytes ‖ first 8 bytes of their HMAC-SHA-256).
 */
import { b64u, type Bytes, concat, equal, fromB64u, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";

const PREFIX = "apr_";
const SEED_BYTES = 16;
const TAG_BYTES = 8;
/** Of the seed of an ask without an idempotency key: they say what is asked for, the rest is random. A multiple of three, for base64. */
const SUBJECT_BYTES = 9;

/** The id over 16 bytes of `seed`: `idempotentSeed` or `subjectSeed`, and random ones in earlier versions. */
export function makeRequestId(serverSecret: Uint8Array, seed: Uint8Array): string {
  const tag = keyedHash(serverSecret, "countersign/request-id/v1", seed).subarray(0, TAG_BYTES);
  return PREFIX + b64u(concat(seed, tag));
}

/** The seed for an agent's idempotency key: the same key asks for the same request. */
export function idempotentSeed(serverSecret: Uint8Array, agentId: string, idempotencyKey: string): Bytes {
  const message = concat(utf8(agentId), Uint8Array.of(0), utf8(idempotencyKey));
  return keyedHash(serverSecret, "countersign/idempotency/v1", message).slice(0, SEED_BYTES);
}

/**
 * A seed for what an agent asks for without an idempotency key, other each time but for how it begins: `subject` is a hash of all
 * that makes two asks the same, and `random` gives that many bytes.
 */
export function subjectSeed(serverSecret: Uint8Array, agentId: string, subject: Uint8Array, random: (bytes: number) => Bytes): Bytes {
  const message = concat(utf8(agentId), Uint8Array.of(0), subject);
  const begins = keyedHash(serverSecret, "countersign/subject/v1", message).subarray(0, SUBJECT_BYTES);
  return concat(begins, random(SEED_BYTES - SUBJECT_BYTES));
}

/** How an id begins whose seed is a `subjectSeed`: as all of this agent and subject do, and no others. */
export const subjectOf = (requestId: string): string => requestId.slice(0, PREFIX.length + (SUBJECT_BYTES / 3) * 4);

/** Ids that were found to be its own, for each secret: an agent asks about the same one again and again. */
const known = new WeakMap<Uint8Array, Set<string>>();
const MOST_KNOWN = 1_000;

/** Whether this service made `id`. Anything else, however malformed, is simply not one. */
export function isOwnRequestId(serverSecret: Uint8Array, id: string): boolean {
  const own = known.get(serverSecret) ?? new Set();
  if (own.has(id)) return true;
  const bytes = id.startsWith(PREFIX) ? fromB64u(id.slice(PREFIX.length)) : null;
  if (bytes?.length !== SEED_BYTES + TAG_BYTES) return false;
  const isOwn = equal(utf8(makeRequestId(serverSecret, bytes.subarray(0, SEED_BYTES))), utf8(id));
  if (isOwn) known.set(serverSecret, own.size < MOST_KNOWN ? own.add(id) : new Set([id]));
  return isOwn;
}
