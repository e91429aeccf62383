/** Where credentials and addresses are kept: sealed, and bound to what they are for. Types only; src/vault carries it out. */
import type { Result } from "#countersign/result.ts";

/** What a sealed value is bound to: what it is, whose, and where it may go (`chn_…`, `https://hooks.example.com`). Opens only under the same. */
export interface VaultPurpose {
  label: "channel" | "contact" | "server" | "grant";
  id: string;
  /** Scheme, host and port that it may be sent to; empty where its id says it. */
  origin: string;
}

export interface Vault {
  /** base64 of version, nonce and ciphertext. */
  seal(plain: string, purpose: VaultPurpose): Promise<string>;
  /** `wrong-key`: neither of the secrets that there are has sealed it for this purpose. */
  open(sealed: string, purpose: VaultPurpose): Promise<Result<string, "wrong-key">>;
  /** HMAC-SHA-256 under a key of its own, hexadecimal: tells whether two values are one without keeping either. */
  fingerprint(plain: string, label: VaultPurpose["label"]): Promise<string>;
}
