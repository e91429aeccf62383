/**
 * The credential of Web Push: the key pairs by which push services know this service (RFC 8292). A subscription is bound to the key that
 * it was made with, so after a rotation the one before goes on for the subscriptions that it has, until browsers have made new ones.
 */
import { b64u, fromB64u } from "#countersign/encoding/bytes.ts";
import { canonicalize, parseJson } from "#countersign/json/canonical-json.ts";
import { time } from "#countersign/documents/words.ts";
import { fit, list, matching, nullable, object, oneOf, type Of } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { vapidKeyId } from "#rules/notices/vapid-key-id.ts";

const MOST_KEYS = 3;

/** `public`: the uncompressed point, 65 bytes; `private`: the scalar, 32 bytes; both b64u. `until`: null for the newest, which stands first. */
const keyShape = object({
  id: matching(/^[A-Za-z0-9_-]{16}$/, "a key's id"),
  public: matching(/^B[A-Za-z0-9_-]{86}$/, "an uncompressed point"),
  private: matching(/^[A-Za-z0-9_-]{43}$/, "32 bytes in base64url"),
  until: nullable(time),
});
const credentialShape = object({ v: oneOf(1), keys: list(keyShape, 1, MOST_KEYS) });
type VapidCredential = Of<typeof credentialShape>;
export type VapidKey = VapidCredential["keys"][number];

function read(credential: string | null): VapidCredential | null {
  const parsed = credential === null ? null : parseJson(credential);
  if (parsed === null || !parsed.ok) return null;
  const fitting = fit(credentialShape, parsed.value);
  return fitting.ok ? fitting.value : null;
}

async function newKey(): Promise<VapidKey> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const point = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const { d } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as { d?: string };
  if (d === undefined || fromB64u(d)?.length !== 32) throw new Error("WebCrypto gave no private key");
  return { id: vapidKeyId(point), public: b64u(point), private: d, until: null };
}

/** The credential, as text to be sealed, with one new key pair. WebCrypto has its own randomness. */
export const newVapidCredential = async (): Promise<string> => canonicalize({ v: 1, keys: [await newKey()] });

/**
 * The credential with a new key pair before the others. What was the newest is pushed with until `untilMs` (ms since 1970), for the
 * subscriptions that were made with it. At most three are kept. Refuses what is no credential.
 */
export async function rotateVapidCredential(credential: string, untilMs: number): Promise<Result<string, "credential-malformed">> {
  const old = read(credential);
  if (old === null) return refuse("credential-malformed");
  const until = new Date(untilMs).toISOString();
  const ending = old.keys.map((key) => ({ ...key, until: key.until === null || key.until > until ? until : key.until }));
  return accept(canonicalize({ v: 1, keys: [await newKey(), ...ending].slice(0, MOST_KEYS) }));
}

/** The keys that subscriptions may be of, the newest first: what a browser subscribes with (b64u), and its id. Empty of what is no credential. */
export const vapidPublicKeys = (credential: string): { id: string; publicKey: string; until: string | null }[] =>
  (read(credential)?.keys ?? []).map(({ id, public: publicKey, until }) => ({ id, publicKey, until }));

/** The key pair to push with: the newest, or the one that the subscription was made with. Refuses one that is over, or was never there. */
export function vapidKeyFor(
  credential: string | null,
  keyId: string | null,
  nowMs: number,
): Result<VapidKey, "credential-malformed" | "key-retired"> {
  const held = read(credential);
  if (held === null) return refuse("credential-malformed");
  const key = keyId === null ? held.keys[0] : held.keys.find(({ id }) => id === keyId);
  if (key === undefined || (key.until !== null && Date.parse(key.until) <= nowMs)) return refuse("key-retired");
  return accept(key);
}
