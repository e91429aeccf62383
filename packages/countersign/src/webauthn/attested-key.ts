/** The public key in a new passkey's authenticator data (WebAuthn L3, 6.5.2), for the browser that made it. Not in scope: verifying it. */
import type { Bytes } from "../encoding/bytes.ts";
import { parseCoseKey } from "./cose-key.ts";

const FLAGS_AT = 32;
const ATTESTED = 0x40;
/** After the RP id's hash, flags, counter and AAGUID come two bytes with the credential id's length. */
const ID_LENGTH_AT = 53;
/** Encoded lengths of the keys that occur: EdDSA; ES256; RS256 of 2,048, 3,072 and 4,096 bits. Extensions may follow the key. */
const KEY_LENGTHS = [42, 77, 272, 400, 528];

/** The COSE_Key in `data`; null if there is none that cose-key.ts accepts. */
export function attestedKey(data: Bytes): Bytes | null {
  if (((data[FLAGS_AT] ?? 0) & ATTESTED) === 0) return null;
  const [high = 0, low = 0] = data.subarray(ID_LENGTH_AT);
  const rest = data.slice(ID_LENGTH_AT + 2 + high * 256 + low);
  const keys = KEY_LENGTHS.map((length) => rest.slice(0, length));
  return keys.find((key) => parseCoseKey(key).ok) ?? null;
}
