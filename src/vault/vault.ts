/**
 * The vault over WebCrypto: AES-256-GCM under a key that HKDF-SHA-256 makes of VAULT_SECRET. Where VAULT_NEXT_SECRET is set, that one
 * seals, and either opens. Formats are docs/formats.md, "Sealed values".
 */
import { b64, type Bytes, concat, fromB64, fromUtf8, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { keyedHash } from "#countersign/encoding/keyed-hash.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Vault, VaultPurpose } from "#gate/channels/vault.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LABELS: readonly string[] = ["channel", "contact", "server", "grant"] satisfies VaultPurpose["label"][];

/** A secret's name among others: it says which one sealed, so that secrets need no numbers. Two of one version are both tried. */
const versionOf = (secret: Bytes): number => keyedHash(secret, "countersign/vault-version/v1", new Uint8Array())[0] ?? 0;

async function keyOf(secret: Bytes, version: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = utf8(`countersign/vault/v1 key ${version}`);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return await crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The bytes that a sealed value is bound to; null unless all of it is said, and well-formed: what is left out would bind to nothing. */
function bindingOf(version: number, { label, id, origin }: VaultPurpose): Bytes | null {
  const isText = (text: unknown): boolean => typeof text === "string" && text.isWellFormed();
  if (!LABELS.includes(label) || !isText(id) || id === "" || !isText(origin)) return null;
  return utf8(JSON.stringify(["countersign/vault", version, label, id, origin]));
}

export interface VaultSecrets {
  /** At least 32 bytes each. */
  secret: Bytes;
  /** The one that seals from now on; null while none replaces the other. */
  nextSecret: Bytes | null;
  /** Fingerprints are made of this, so that they outlast a change of the others. */
  serverSecret: Bytes;
  /** So many random bytes. */
  random: (length: number) => Bytes;
}

class SecretVault implements Vault {
  readonly #secrets: VaultSecrets;
  /** Keys and no promises of them: those of one request are not another's to wait for. */
  readonly #keys = new WeakMap<Bytes, CryptoKey>();

  constructor(secrets: VaultSecrets) {
    this.#secrets = secrets;
  }

  async seal(plain: string, purpose: VaultPurpose): Promise<string> {
    const secret = this.#secrets.nextSecret ?? this.#secrets.secret;
    const version = versionOf(secret);
    const additionalData = bindingOf(version, purpose);
    if (additionalData === null || !plain.isWellFormed()) throw new TypeError("what is to be sealed, or what for, is not said");
    const iv = this.#secrets.random(NONCE_BYTES);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, await this.#key(secret), utf8(plain));
    return b64(concat(Uint8Array.of(version), iv, new Uint8Array(sealed)));
  }

  async open(sealed: string, purpose: VaultPurpose): Promise<Result<string, "wrong-key">> {
    const bytes = fromB64(sealed);
    if (bytes === null || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) return refuse("wrong-key");
    const { secret, nextSecret } = this.#secrets;
    for (const candidate of nextSecret === null ? [secret] : [nextSecret, secret]) {
      const plain = bytes[0] === versionOf(candidate) ? await this.#openWith(candidate, bytes, purpose) : null;
      if (plain !== null) return accept(plain);
    }
    return refuse("wrong-key");
  }

  fingerprint(plain: string, label: VaultPurpose["label"]): Promise<string> {
    return Promise.resolve(hex(keyedHash(this.#secrets.serverSecret, `countersign/fingerprint/v1/${label}`, utf8(plain))));
  }

  async #openWith(secret: Bytes, bytes: Bytes, purpose: VaultPurpose): Promise<string | null> {
    const additionalData = bindingOf(versionOf(secret), purpose);
    if (additionalData === null) return null;
    const iv = bytes.subarray(1, 1 + NONCE_BYTES);
    const key = await this.#key(secret);
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes.subarray(1 + NONCE_BYTES));
      return fromUtf8(new Uint8Array(plain));
    } catch {
      // The one thing that can go wrong here: it was not sealed so.
      return null;
    }
  }

  async #key(secret: Bytes): Promise<CryptoKey> {
    const key = this.#keys.get(secret) ?? (await keyOf(secret, versionOf(secret)));
    this.#keys.set(secret, key);
    return key;
  }
}

/** A vault that seals with `nextSecret` where there is one, else with `secret`, and opens what either has sealed. */
export const makeVault = (secrets: VaultSecrets): Vault => new SecretVault(secrets);

/** Of a deployment's configuration what the vault is made of. */
interface VaultSettings {
  vaultSecret: Bytes | null;
  vaultNextSecret: Bytes | null;
  serverSecret: Bytes;
}

const known = new WeakMap<VaultSettings, Vault>();
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** The deployment's vault; null if it has no VAULT_SECRET: then nothing that needs a credential works, and pages say so. */
export function vaultOf(config: VaultSettings): Vault | null {
  const { vaultSecret: secret, vaultNextSecret: nextSecret, serverSecret } = config;
  if (secret === null) return null;
  const vault = known.get(config) ?? makeVault({ secret, nextSecret, serverSecret, random });
  known.set(config, vault);
  return vault;
}
