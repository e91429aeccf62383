/**
 * Encodings of Ed25519 points and signatures on which every verifier agrees (RFC 8032, section 5.1): fully reduced, and no
 * point of small order, with which one signature would fit many messages. The signature itself is for WebCrypto.
 */

const FIELD_PRIME = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** The y coordinates of the eight points of small order. */
const SMALL_ORDER_Y: readonly bigint[] = [
  0n,
  1n,
  FIELD_PRIME - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
];

const littleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Whether 32 bytes are a reduced encoding, and not of a point of small order. Whether the point is on the curve is not checked. */
export function isSoundPoint(encoded: Uint8Array): boolean {
  if (encoded.length !== 32) return false;
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  return y < FIELD_PRIME && !SMALL_ORDER_Y.includes(y);
}

/** Whether 64 bytes are R ‖ S with R a sound point and S reduced. */
export const isSoundSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && isSoundPoint(signature.subarray(0, 32)) && littleEndian(signature.subarray(32)) < GROUP_ORDER;
