/** HMAC-SHA-256 under keys derived from one server secret, one for each purpose, so that no hash serves for two. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, utf8 } from "./bytes.ts";

/** HMAC-SHA-256 keyed for a purpose, by the secret that the key is derived from. Most calls of a service need one of them again. */
const keyed = new WeakMap<Uint8Array, Map<string, ReturnType<typeof hmac.create>>>();

/** 32 bytes: HMAC-SHA-256 of `message` under HMAC-SHA-256(serverSecret, purpose). The secret must not be changed afterwards. */
export function keyedHash(serverSecret: Uint8Array, purpose: string, message: Uint8Array): Bytes {
  const ofSecret = keyed.get(serverSecret) ?? new Map<string, ReturnType<typeof hmac.create>>();
  keyed.set(serverSecret, ofSecret);
  const begun = ofSecret.get(purpose) ?? hmac.create(sha256, hmac(sha256, serverSecret, utf8(purpose)));
  ofSecret.set(purpose, begun);
  return new Uint8Array(begun.clone().update(message).digest());
}
