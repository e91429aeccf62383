/** A device: makes a subscription, opens what is pushed to it (RFC 8291) by another implementation, and checks who pushed (RFC 8292). */
import { createECDH, createPublicKey, randomBytes, verify } from "node:crypto";
import ece from "http_ece";
import type { Received } from "./receiver.ts";

/** The members of a VAPID token, once its signature holds; throws if it does not. */
export function readVapid(authorization: string): { key: string; claims: Record<string, unknown> } {
  const [, token = "", key = ""] = /^vapid t=([^,]+), k=([A-Za-z0-9_-]+)$/.exec(authorization) ?? [];
  const [header = "", claims = "", signature = ""] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33, 65)].map((half) => half.toString("base64url"));
  const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" }, format: "jwk" });
  const signed = Buffer.from(`${header}.${claims}`);
  const isSigned = verify("sha256", signed, { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
  const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg?: string };
  if (!isSigned || alg !== "ES256" || point[0] !== 4) throw new Error("not signed by the key that it names");
  return { key, claims: JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown> };
}

export class PushDevice {
  readonly #keys = createECDH("prime256v1");
  readonly #auth = randomBytes(16).toString("base64url");
  readonly #publicKey = this.#keys.generateKeys("base64url");
  readonly endpoint: string;

  constructor(endpoint = "https://push.example.net/wpush/v2/abc") {
    this.endpoint = endpoint;
  }

  /** As a browser's `PushSubscription` gives it as JSON. */
  get address(): string {
    return JSON.stringify({ endpoint: this.endpoint, expirationTime: null, keys: { p256dh: this.#publicKey, auth: this.#auth } });
  }

  /** What was pushed, as text; throws if it is not for this device. */
  open({ body }: Received): string {
    return ece.decrypt(body, { version: "aes128gcm", privateKey: this.#keys, authSecret: this.#auth }).toString();
  }
}
