/**
 * The form of an agent's key, of a connector's, and of the one that a person's command line reads with (docs/formats.md, "Identifiers and
 * keys"): `csk_`, `csc_` or `csp_`, 30 base62 characters, 6 more of CRC-32.
 * The checksum lets secret scanners tell a real key, and lets a mistyped one be refused before any database is read.
 * Whose key it is, and whether it still holds, is storage/agents.ts, storage/connectors and storage/sessions.ts.
 */
import { hex, sha256, utf8 } from "../encoding/bytes.ts";

const AGENT = "csk_";
const CONNECTOR = "csc_";
const COMMAND_LINE = "csp_";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
const FORM = /^cs[ckp]_[0-9A-Za-z]{36}$/;

/** Bytes at or above the largest multiple of 62 would make the first characters of the alphabet likelier. */
const UNBIASED_BELOW = 248;

/** How many random bytes `apiKeyFrom` takes: enough that rejecting 3 in 100 never leaves too few. */
export const API_KEY_RANDOM_BYTES = 64;

/** CRC-32/IEEE (reflected, polynomial 0xEDB88320). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function checksum(text: string): string {
  let rest = crc32(utf8(text));
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** An agent's key from `API_KEY_RANDOM_BYTES` random bytes, every character equally likely. Throws if they are plainly not random. */
export const apiKeyFrom = (random: Uint8Array): string => keyFrom(AGENT, random);

/** The same of a connector. */
export const connectorKeyFrom = (random: Uint8Array): string => keyFrom(CONNECTOR, random);

/** The same of a command line's session. */
export const commandLineKeyFrom = (random: Uint8Array): string => keyFrom(COMMAND_LINE, random);

function keyFrom(prefix: string, random: Uint8Array): string {
  const usable = random.filter((byte) => byte < UNBIASED_BELOW).subarray(0, SECRET_LENGTH);
  if (usable.length < SECRET_LENGTH) throw new Error("not enough randomness for an API key");
  const body = prefix + Array.from(usable, (byte) => BASE62.charAt(byte % 62)).join("");
  return body + checksum(body);
}

/** Whether `text` has the form of an agent's key and the right checksum. Says nothing about whose it is. */
export const isApiKey = (text: string): boolean => text.startsWith(AGENT) && isKey(text);

/** The same of a connector's. */
export const isConnectorKey = (text: string): boolean => text.startsWith(CONNECTOR) && isKey(text);

/** The same of a command line's. */
export const isCommandLineKey = (text: string): boolean => text.startsWith(COMMAND_LINE) && isKey(text);

/** Whether a text is meant to be one. */
export const looksLikeCommandLineKey = (text: string): boolean => text.startsWith(COMMAND_LINE);

const isKey = (text: string): boolean => FORM.test(text) && checksum(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH);

/** What is stored of a key: SHA-256 of its ASCII, in hexadecimal. */
export const apiKeyHash = (key: string): string => hex(sha256(utf8(key)));

/** How a key begins, to tell it from others by: what is left of it is far too much to be guessed. */
export const shownPrefix = (key: string): string => key.slice(0, AGENT.length + 4);

/** Whether a text is meant to be a key, were it cut off or mistyped. */
export const looksLikeApiKey = (text: string): boolean => text.startsWith(AGENT);
