/** ECDSA signatures on P-256 in strict DER (X.690, section 10; RFC 3279, section 2.2.3), as every strict verifier reads them. */
import { type Bytes, concat, fromHex } from "../encoding/bytes.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const COMPONENT_BYTES = 32;
/** The order of the group (SP 800-186, section 3.2.1.3). */
const P256_ORDER = fromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") as Bytes;

/** Big-endian comparison of byte strings of one length. */
function isLess(left: Uint8Array, right: Uint8Array): boolean {
  const difference = left.findIndex((byte, index) => byte !== right[index]);
  return difference >= 0 && (left[difference] as number) < (right[difference] as number);
}

/** The INTEGER at `at`: 32 bytes, and where it ends. Null unless minimal, and from 1 to the order less 1. */
function readComponent(der: Uint8Array, at: number): { component: Bytes; end: number } | null {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  const [first = 0, second = 0] = der.subarray(at + 2, end);
  const isNegative = first >= 0x80;
  const isPadded = first === 0 && second < 0x80;
  if (der[at] !== INTEGER || length === 0 || isNegative || isPadded) return null;
  const digits = der.subarray(first === 0 ? at + 3 : at + 2, end);
  if (digits.length > COMPONENT_BYTES) return null;
  const component = concat(new Uint8Array(COMPONENT_BYTES - digits.length), digits);
  return isLess(component, P256_ORDER) ? { component, end } : null;
}

/**
 * r ‖ s, 64 bytes. Refuses (null) whatever is not the one DER encoding: lengths that are not shortest, padded or negative
 * integers, bytes left over; and r or s outside 1 to the order less 1.
 */
export function readDerSignature(der: Uint8Array): Bytes | null {
  // No signature on P-256 is longer than 72 bytes, so that every length is a single byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return null;
  const r = readComponent(der, 2);
  const s = r === null ? null : readComponent(der, r.end);
  return r === null || s === null || s.end !== der.length ? null : concat(r.component, s.component);
}
