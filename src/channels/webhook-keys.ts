/**
 * The credential of a webhook: its signing keys (Standard Webhooks 1.0.0, "Signature scheme"). While keys are rotated, messages carry a
 * signature of each that is still good. What receivers are given is the shared secret (`whsec_…`) or the public key (`whpk_…`).
 */
import { b64, fromB64, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, parseJson } from "#countersign/json/canonical-json.ts";
import { fit, list, matching, nullable, object, oneOf, type Of } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { makeSigner } from "#countersign/tlog/note.ts";
import { time } from "#countersign/documents/words.ts";

export type WebhookSigning = "hmac" | "ed25519";

const MOST_KEYS = 3;
const PREFIXES = { hmac: "whsec_", ed25519: "whsk_" } as const;

/** `until`: signs nothing from then on; null for the newest, which stands first. */
const keyShape = object({ secret: matching(/^(?:whsec|whsk)_[A-Za-z0-9+/]{43}=$/, "a signing key"), until: nullable(time) });
const credentialShape = object({ v: oneOf(1), signing: oneOf("hmac", "ed25519"), keys: list(keyShape, 1, MOST_KEYS) });
type WebhookCredential = Of<typeof credentialShape>;
type WebhookKey = WebhookCredential["keys"][number];

/** Random bytes, as many as are asked for. */
export type RandomBytes = (length: number) => Uint8Array;

function read(credential: string | null): WebhookCredential | null {
  const parsed = credential === null ? null : parseJson(credential);
  if (parsed === null || !parsed.ok) return null;
  const fitting = fit(credentialShape, parsed.value);
  return fitting.ok ? fitting.value : null;
}

const newKey = (signing: WebhookSigning, random: RandomBytes): WebhookKey => ({
  secret: `${PREFIXES[signing]}${b64(random(32))}`,
  until: null,
});

/** A secret's 32 bytes: the HMAC key, or the seed of an Ed25519 key. */
const bytesOf = ({ secret }: WebhookKey) => fromB64(secret.slice(secret.indexOf("_") + 1)) ?? utf8("");

/** The credential, as text to be sealed, of a webhook that signs with one new key. */
export const newWebhookCredential = (signing: WebhookSigning, random: RandomBytes): string =>
  canonicalize({ v: 1, signing, keys: [newKey(signing, random)] });

/**
 * The credential with a new key before the others. What signed until now goes on until `untilMs` (ms since 1970), and older ones no longer
 * than before; at most three sign. Refuses what is no credential.
 */
export function rotateWebhookCredential(credential: string, untilMs: number, random: RandomBytes): Result<string, "credential-malformed"> {
  const old = read(credential);
  if (old === null) return refuse("credential-malformed");
  const until = new Date(untilMs).toISOString();
  const ending = old.keys.map((key) => ({ ...key, until: key.until === null || key.until > until ? until : key.until }));
  return accept(canonicalize({ ...old, keys: [newKey(old.signing, random), ...ending].slice(0, MOST_KEYS) }));
}

/** `whpk_…` of the newest key; null of a shared secret, and of what is no credential. */
export async function publicKeyOf(credential: string): Promise<string | null> {
  const key = read(credential)?.keys[0];
  if (key === undefined || !key.secret.startsWith(PREFIXES.ed25519)) return null;
  return `whpk_${b64((await makeSigner("webhook", bytesOf(key))).publicKey)}`;
}

/** `whsec_…` of the newest key, to be shown once to whoever sets up the receiver; null of a key pair, and of what is no credential. */
export function sharedSecretOf(credential: string): string | null {
  const secret = read(credential)?.keys[0]?.secret ?? "";
  return secret.startsWith(PREFIXES.hmac) ? secret : null;
}

async function hmacSignature(key: WebhookKey, signed: string): Promise<string> {
  const imported = await crypto.subtle.importKey("raw", bytesOf(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `v1,${b64(new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8(signed))))}`;
}

const ed25519Signature = async (key: WebhookKey, signed: string): Promise<string> =>
  `v1a,${b64(await (await makeSigner("webhook", bytesOf(key))).sign(utf8(signed)))}`;

/** The header `webhook-signature` for what is signed: one signature of each key that is good at `nowMs`; null without a credential. */
export async function webhookSignatures(credential: string | null, signed: string, nowMs: number): Promise<string | null> {
  const keys = read(credential)?.keys.filter(({ until }) => until === null || Date.parse(until) > nowMs);
  if (keys === undefined) return null;
  const signatures = keys.map((key) => (key.secret.startsWith(PREFIXES.hmac) ? hmacSignature(key, signed) : ed25519Signature(key, signed)));
  return (await Promise.all(signatures)).join(" ");
}
