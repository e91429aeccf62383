/**
 * A public key's fingerprint in a form that two people can compare, on two screens or by telephone: digits, which need no
 * language (docs/formats.md, "Fingerprints").
 */
import { fromHex } from "./bytes.ts";

const GROUPS = 6;
const BYTES_A_GROUP = 5;
const DIGITS_A_GROUP = 4;

/**
 * Six groups of four digits, such as `0815 4711 …`, of a SHA-256 in hexadecimal: of each five bytes, beginning with the first,
 * the number that they are, big-endian, modulo 10,000. About 80 bits: whoever wants a key with the same digits has to try 2^80.
 */
export function keyWords(fingerprint: string): string {
  const bytes = fromHex(fingerprint);
  if (bytes?.length !== 32) throw new Error("a fingerprint is a SHA-256 in hexadecimal");
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const number = bytes.subarray(BYTES_A_GROUP * group, BYTES_A_GROUP * (group + 1)).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(number % 10 ** DIGITS_A_GROUP).padStart(DIGITS_A_GROUP, "0");
  });
  return groups.join(" ");
}
