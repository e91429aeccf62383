/** HMAC-SHA-256 under keys derived from one server secret, one for each purpose, so that no hash serves for two. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, utf8 } from "./bytes.ts";

/** 32 bytes: HMAC-SHA-256 of `message` under HMAC-SHA-256(serverSecret, purpose). */
export function keyedHash(serverSecret: Uint8Array, purpose: string, message: Uint8Array): Bytes {
  const key = hmac(sha256, serverSecret, utf8(purpose));
  return new Uint8Array(hmac(sha256, key, message));
}
