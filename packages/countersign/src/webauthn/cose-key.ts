/**
 * The COSE_Key of a passkey (RFC 9052, section 7; WebAuthn, section 6.5.1.1) in its one encoding, CTAP2 canonical CBOR, so
 * that one key has one fingerprint. ES256, EdDSA with Ed25519, and RS256; no other key is accepted.
 */
import { type Bytes, equal, fromHex } from "../encoding/bytes.ts";
import { isSoundPoint } from "./ed25519-encoding.ts";
import { accept, refuse, type Result } from "../result.ts";

/** A public key, by its COSE algorithm number. Coordinates and modulus are big-endian, x of EdDSA as RFC 8032 encodes it. */
export type CoseKey = { alg: -7; x: Bytes; y: Bytes } | { alg: -8; x: Bytes } | { alg: -257; n: Bytes };
export type CoseKeyRefusal = "malformed-key" | "point-not-sound" | "modulus-not-sound";

/** RS256 keys all have this exponent. */
export const RSA_EXPONENT: Bytes = Uint8Array.of(1, 0, 1);
const MIN_MODULUS_BITS = 2_048;
const MAX_MODULUS_BITS = 4_096;

const bytesOf = (hexadecimal: string): Bytes => fromHex(hexadecimal) as Bytes;
/** {1: 2, 3: -7, -1: 1, -2: x, -3: y} */
const ES256 = { beforeX: bytesOf("a5010203262001215820"), beforeY: bytesOf("225820") };
/** {1: 1, 3: -8, -1: 6, -2: x} */
const EDDSA = { beforeX: bytesOf("a4010103272006215820") };
/** {1: 3, 3: -257, -1: n, -2: 65537}; the length of n is two bytes between the first two. */
const RS256 = { beforeLength: bytesOf("a401030339010020"), twoByteLength: 0x59, afterModulus: bytesOf("2143010001") };

/** Takes an encoding apart from the front. */
class Reader {
  readonly #bytes: Bytes;
  #at = 0;
  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }
  take(length: number): Bytes {
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }
  /** Whether `expected` comes next; consumed if so. */
  starts(expected: Bytes): boolean {
    const matches = equal(this.#bytes.subarray(this.#at, this.#at + expected.length), expected);
    if (matches) this.#at += expected.length;
    return matches;
  }
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}

/**
 * Reads a COSE_Key. Refuses other key types, curves and algorithms, other labels and any other encoding; points off P-256,
 * Ed25519 points of small order; moduli that are even, or of less than 2,048 or more than 4,096 bits; exponents other than 65,537.
 */
export function parseCoseKey(bytes: Bytes): Result<CoseKey, CoseKeyRefusal> {
  const reader = new Reader(bytes);
  if (reader.starts(ES256.beforeX)) {
    const x = reader.take(32);
    if (!reader.starts(ES256.beforeY)) return refuse("malformed-key");
    const y = reader.take(32);
    if (!reader.isAtEnd) return refuse("malformed-key");
    return isOnP256(x, y) ? accept({ alg: -7, x, y }) : refuse("point-not-sound");
  }
  if (reader.starts(EDDSA.beforeX)) {
    const x = reader.take(32);
    if (!reader.isAtEnd) return refuse("malformed-key");
    return isSoundPoint(x) ? accept({ alg: -8, x }) : refuse("point-not-sound");
  }
  if (reader.starts(RS256.beforeLength)) {
    const [head, high = 0, low = 0] = reader.take(3);
    const n = reader.take(high * 256 + low);
    if (head !== RS256.twoByteLength || !reader.starts(RS256.afterModulus) || !reader.isAtEnd) return refuse("malformed-key");
    const isOdd = ((n.at(-1) ?? 0) & 1) === 1;
    const bits = n.length * 8 - Math.clz32(n[0] as number) + 24;
    return isOdd && n[0] !== 0 && bits >= MIN_MODULUS_BITS && bits <= MAX_MODULUS_BITS
      ? accept({ alg: -257, n })
      : refuse("modulus-not-sound");
  }
  return refuse("malformed-key");
}

const P256_PRIME = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const bigEndian = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Whether x and y are reduced and y² = x³ − 3x + b (SP 800-186, section 3.2.1.3). */
function isOnP256(x: Uint8Array, y: Uint8Array): boolean {
  const [X, Y] = [bigEndian(x), bigEndian(y)];
  return X < P256_PRIME && Y < P256_PRIME && (Y * Y - (X * X * X - 3n * X + P256_B)) % P256_PRIME === 0n;
}
