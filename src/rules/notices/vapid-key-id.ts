/** How a key pair of Web Push is told from others: a subscription is bound to the one that it was made with (RFC 8292). */
import { b64u, sha256 } from "#countersign/encoding/bytes.ts";

/** 16 characters of base64url for an uncompressed point. */
export const vapidKeyId = (point: Uint8Array): string => b64u(sha256(point)).slice(0, 16);
