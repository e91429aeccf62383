/**
 * Encodings and comparisons of bytes. Decoders are strict: one byte string has exactly one accepted spelling, so that a
 * changed spelling is a changed document. Hashing is synchronous, which keeps sections of a Durable Object undivided.
 */
import { _SHA256 } from "@noble/hashes/sha2.js";

/** The part of the Encoding standard this folder needs; every runtime it is meant for has it. */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label: "utf-8", options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

/** Bytes over a buffer of their own, as WebCrypto and storage want them. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of `text`. */
export const utf8 = (text: string): Bytes => encoder.encode(text);

/** The text of UTF-8 `bytes`, a byte order mark kept; null if they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** SHA-256 (FIPS 180-4), 32 bytes. */
export const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(new _SHA256().update(bytes).digest());

/** SHA-256 of what comes piece by piece. */
export function hashing(): { add: (bytes: Uint8Array) => void; end: () => Bytes } {
  const hash = new _SHA256();
  return { add: (bytes) => void hash.update(bytes), end: () => new Uint8Array(hash.digest()) };
}

/** One byte string after the other. */
export const concat = (...parts: Uint8Array[]): Bytes => concatAll(parts);

/** The same of a list, which may be longer than the arguments of a call: whoever sends something chooses in how many pieces. */
export function concatAll(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes, in time that depends on their lengths only. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= (left[i] as number) ^ (right[i] as number);
  return difference === 0;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lowercase hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes of lowercase hexadecimal; null for anything else. */
export function fromHex(text: string): Bytes | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function encode64(bytes: Uint8Array, alphabet: string): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(bytes.length - i, 3) + 1;
    for (let digit = 0; digit < digits; digit++) text += alphabet[(group >> (18 - 6 * digit)) & 63];
  }
  return text;
}

function decode64(text: string, alphabet: string): Bytes | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) return null;
    held = ((held << 6) | digit) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (held >> bits) & 0xff;
    }
  }
  const spareBitsAreZero = (held & ((1 << bits) - 1)) === 0;
  return spareBitsAreZero ? bytes : null;
}

/** base64url without padding (RFC 4648, section 5). */
export const b64u = (bytes: Uint8Array): string => encode64(bytes, URL_SAFE);

/** Bytes of base64url; null if padded, if spare bits are set, or for anything else. */
export const fromB64u = (text: string): Bytes | null => decode64(text, URL_SAFE);

/** Standard base64 with padding (RFC 4648, section 4). */
export function b64(bytes: Uint8Array): string {
  const text = encode64(bytes, STANDARD);
  return text + "=".repeat((4 - (text.length % 4)) % 4);
}

/** Bytes of standard base64; null unless padded to a multiple of four with spare bits zero. */
export function fromB64(text: string): Bytes | null {
  if (text.length % 4 !== 0) return null;
  const digits = text.replace(/={1,2}$/, "");
  return decode64(digits, STANDARD);
}
