/** A passkey that an admin has to confirm: what this device made is what the service must have stored. */
import type { RegistrationResponseJSON } from "@simplewebauthn/browser";
import { fromB64u, hex, sha256 } from "#countersign/encoding/bytes.ts";
import { keyWords } from "#countersign/encoding/fingerprint-digits.ts";
import { attestedKey } from "#countersign/webauthn/attested-key.ts";

/** SHA-256 of the key that this device made; null where the browser does not show it to pages. */
function ownFingerprint({ response }: RegistrationResponseJSON): string | null {
  const data = response.authenticatorData === undefined ? null : fromB64u(response.authenticatorData);
  const key = data === null ? null : attestedKey(data);
  return key === null ? null : hex(sha256(key));
}

/** Whether what the service says it stored is what this device made, in both forms. */
export function isOwnKey(made: RegistrationResponseJSON, stored: { fingerprint: string; words: string }): boolean {
  const own = ownFingerprint(made) ?? stored.fingerprint;
  return stored.fingerprint === own && stored.words === keyWords(own);
}
