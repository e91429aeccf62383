/**
 * The offline check of a WebAuthn assertion (WebAuthn, section 7.2; docs/formats.md, "Record"): what an auditor can check
 * years later with nothing but the enrolled key. Sign counts, backup state and user handles need the server's memory: passkeys/.
 */
import { isCanonicalMap } from "./cbor.ts";
import { b64u, type Bytes, concat, equal, fromB64u, fromUtf8, sha256, utf8 } from "../encoding/bytes.ts";
import { type JsonObject, parseJson } from "../json/canonical-json.ts";
import { type CoseKey, type CoseKeyRefusal, parseCoseKey, RSA_EXPONENT } from "./cose-key.ts";
import { readDerSignature } from "./der-signature.ts";
import { isSoundSignature } from "./ed25519-encoding.ts";
import type { Assertion } from "../documents/record.ts";
import { accept, refuse, type Result } from "../result.ts";
import { isObject } from "../json/shape.ts";

export interface AssertionToCheck {
  assertion: Assertion;
  /** As bytes; the client data must hold its b64u. */
  challenge: Uint8Array;
  /** Of the page that asked, `scheme://host[:port]`; its hostname is the RP id. */
  origin: string;
  /** The enrolled COSE_Key, b64u. */
  publicKey: string;
}

/** What an accepted assertion says of its authenticator; the person was present and verified. */
export interface AuthenticatorState {
  signCount: number;
  backupEligible: boolean;
  backedUp: boolean;
}

export type AssertionRefusal =
  | CoseKeyRefusal
  | "malformed-client-data"
  | "wrong-type"
  | "wrong-challenge"
  | "wrong-origin"
  | "cross-origin"
  | "malformed-authenticator-data"
  | "wrong-rp-id"
  | "user-not-present"
  | "user-not-verified"
  | "malformed-signature"
  | "bad-signature";

/** The part of WebCrypto this file needs; Workers, Node and browsers have it. */
interface Key {
  readonly type: string;
}
type KeyParameters = { name: "ECDSA"; namedCurve: "P-256" } | { name: "Ed25519" } | { name: "RSASSA-PKCS1-v1_5"; hash: "SHA-256" };
type SignatureParameters = { name: "ECDSA"; hash: "SHA-256" } | { name: "Ed25519" } | { name: "RSASSA-PKCS1-v1_5" };
interface RsaPublicJwk {
  kty: "RSA";
  n: string;
  e: string;
}
interface Subtle {
  importKey(format: "raw", key: Bytes, parameters: KeyParameters, extractable: false, uses: ["verify"]): Promise<Key>;
  importKey(format: "jwk", key: RsaPublicJwk, parameters: KeyParameters, extractable: false, uses: ["verify"]): Promise<Key>;
  verify(parameters: SignatureParameters, key: Key, signature: Bytes, data: Bytes): Promise<boolean>;
}
declare const crypto: { readonly subtle: Subtle };

/** The RP id that belongs to an origin, its hostname; null unless it is `http(s)://host[:port]` as browsers write origins. */
export function rpIdOf(origin: string): string | null {
  return /^https?:\/\/([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[1-9][0-9]{0,4})?$/.exec(origin)?.[1] ?? null;
}

/** Refuses unless every rule holds, in the order of the reasons above. Throws if `origin` is not an origin. */
export async function checkAssertion(toCheck: AssertionToCheck): Promise<Result<AuthenticatorState, AssertionRefusal>> {
  const { assertion, challenge, origin } = toCheck;
  const rpId = rpIdOf(origin);
  if (rpId === null) throw new TypeError(`not an origin: ${origin}`);
  const key = parseCoseKey(fromB64u(toCheck.publicKey) ?? new Uint8Array());
  if (!key.ok) return key;
  const clientData = fromB64u(assertion.client_data_json) ?? new Uint8Array();
  const unfitClientData = clientDataRefusal(clientData, challenge, origin);
  if (unfitClientData !== null) return refuse(unfitClientData);
  const data = fromB64u(assertion.authenticator_data) ?? new Uint8Array();
  const authenticator = readAuthenticatorData(data);
  if (authenticator === null) return refuse("malformed-authenticator-data");
  if (!equal(authenticator.rpIdHash, sha256(utf8(rpId)))) return refuse("wrong-rp-id");
  if (!authenticator.userPresent) return refuse("user-not-present");
  if (!authenticator.userVerified) return refuse("user-not-verified");
  const signature = fromB64u(assertion.signature) ?? new Uint8Array();
  const unfitSignature = await signatureRefusal(key.value, signature, concat(data, sha256(clientData)));
  if (unfitSignature !== null) return refuse(unfitSignature);
  const { signCount, backupEligible, backedUp } = authenticator;
  return accept({ signCount, backupEligible, backedUp });
}

/** Client data is JSON whose members the browser chose; unknown ones are allowed (WebAuthn, section 5.8.1). */
function clientDataRefusal(bytes: Bytes, challenge: Uint8Array, origin: string): AssertionRefusal | null {
  const text = fromUtf8(bytes);
  const parsed = text === null ? null : parseJson(text);
  if (!parsed?.ok || !isObject(parsed.value)) return "malformed-client-data";
  const clientData: JsonObject = parsed.value;
  if (clientData["type"] !== "webauthn.get") return "wrong-type";
  if (clientData["challenge"] !== b64u(challenge)) return "wrong-challenge";
  if (clientData["origin"] !== origin) return "wrong-origin";
  const isSameOrigin = !Object.hasOwn(clientData, "crossOrigin") || clientData["crossOrigin"] === false;
  return isSameOrigin && !Object.hasOwn(clientData, "topOrigin") ? null : "cross-origin";
}

/** Flags of authenticator data (WebAuthn, section 6.1). */
const [USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED, EXTENDED] = [0x01, 0x04, 0x08, 0x10, 0x40, 0x80];
const FIXED_BYTES = 37;

/** What authenticator data says. */
export interface AuthenticatorData extends AuthenticatorState {
  rpIdHash: Bytes;
  userPresent: boolean;
  userVerified: boolean;
}

/**
 * Authenticator data of an assertion: RP id hash (32), flags (1), sign count (4), then extension outputs exactly if their
 * flag is set. Null for anything else, for attested credential data, and for "backed up" without "backup eligible".
 */
export function readAuthenticatorData(data: Bytes): AuthenticatorData | null {
  if (data.length < FIXED_BYTES) return null;
  const flags = data[32] as number;
  const has = (flag: number) => (flags & flag) !== 0;
  const extensions = data.subarray(FIXED_BYTES);
  const endsRight = has(EXTENDED) ? isCanonicalMap(extensions) : extensions.length === 0;
  if (!endsRight || has(ATTESTED) || (has(BACKED_UP) && !has(BACKUP_ELIGIBLE))) return null;
  return {
    rpIdHash: data.slice(0, 32),
    userPresent: has(USER_PRESENT),
    userVerified: has(USER_VERIFIED),
    backupEligible: has(BACKUP_ELIGIBLE),
    backedUp: has(BACKED_UP),
    signCount: data.subarray(33, FIXED_BYTES).reduce((sum, byte) => sum * 256 + byte, 0),
  };
}

/** Null if `signature`, encoded as WebAuthn has it (section 6.5.5), is the key's over `message`. */
async function signatureRefusal(key: CoseKey, signature: Bytes, message: Bytes): Promise<AssertionRefusal | null> {
  switch (key.alg) {
    case -7: {
      const raw = readDerSignature(signature);
      if (raw === null) return "malformed-signature";
      const point = concat(Uint8Array.of(4), key.x, key.y);
      const imported = await crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
      return (await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, raw, message)) ? null : "bad-signature";
    }
    case -8: {
      if (!isSoundSignature(signature)) return "malformed-signature";
      const imported = await crypto.subtle.importKey("raw", key.x, { name: "Ed25519" }, false, ["verify"]);
      return (await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message)) ? null : "bad-signature";
    }
    case -257: {
      if (signature.length !== key.n.length) return "malformed-signature";
      const jwk = { kty: "RSA", n: b64u(key.n), e: b64u(RSA_EXPONENT) } as const;
      const imported = await crypto.subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["verify"]);
      return (await crypto.subtle.verify({ name: "RSASSA-PKCS1-v1_5" }, imported, signature, message)) ? null : "bad-signature";
    }
  }
}
