/**
 * C2SP signed-note with Ed25519 signatures (type 0x01): strict parsing, signing, verifying, verifier keys.
 * What a note says is checkpoint.ts; signatures of witnesses (type 0x04) are cosignature.ts, which shares keys and lines with
 * this file; all other types are ignored, as from unknown keys.
 */
import { b64, type Bytes, concat, equal, fromB64, fromB64u, fromHex, hex, sha256, utf8 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";

/** The part of WebCrypto this file needs; Workers, Node and browsers have it. */
interface Key {
  readonly type: string;
}
declare const crypto: {
  readonly subtle: {
    importKey(format: "raw" | "pkcs8", key: Bytes, algorithm: "Ed25519", extractable: boolean, uses: ("sign" | "verify")[]): Promise<Key>;
    exportKey(format: "jwk", key: Key): Promise<{ x?: string }>;
    sign(algorithm: "Ed25519", key: Key, message: Bytes): Promise<ArrayBuffer>;
    verify(algorithm: "Ed25519", key: Key, signature: Bytes, message: Bytes): Promise<boolean>;
  };
};

/** As many as signed-note tells every verifier to accept, and no more. */
const MAX_SIGNATURES = 16;
/** Of a note in UTF-8: 16 signatures, each as long as those that are made for quantum computers, leave most of it to the text. */
export const MAX_NOTE_BYTES = 131_072;
/** What stands before the 32-byte seed in a PKCS#8 Ed25519 key (RFC 8410). */
const PKCS8_PREFIX = fromHex("302e020100300506032b657004220420") as Bytes;

/** One signature line, not verified. */
interface NoteSignature {
  name: string;
  /** 8 lowercase hexadecimal digits. */
  keyId: string;
  /** What follows the key id. */
  signature: Bytes;
}

/** A note as parsed, nothing verified. An attacker controls all of it. */
export interface Note {
  /** What is signed, with its final newline. */
  text: string;
  signatures: NoteSignature[];
}

/** What an Ed25519 key signs with: notes as they are, or checkpoints with a time (tlog-cosignature). */
export type SignatureType = 0x01 | 0x04;
const NOTE: SignatureType = 0x01;

/** An Ed25519 key under a name, for one type of signature. */
export interface VerifierKey {
  type: SignatureType;
  name: string;
  /** 8 lowercase hexadecimal digits. */
  keyId: string;
  publicKey: Bytes;
}

export interface Signer extends VerifierKey {
  /** The Ed25519 signature, 64 bytes; deterministic (RFC 8032). */
  sign: (message: Bytes) => Promise<Bytes>;
}

export type MalformedNote = "malformed-note" | "too-many-signatures";
export type UnverifiedNote = "bad-signature" | "no-known-signature";

/** Not empty, no Unicode space, no plus, no control character, and something that UTF-8 can write. */
const isKeyName = (name: string): boolean => /^[^\p{White_Space}+\p{Cc}\p{Cs}]+$/u.test(name);

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key), its first 4 bytes. */
const keyIdOf = (type: SignatureType, name: string, publicKey: Bytes): string =>
  hex(sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4));

/** A text that may be signed, or a whole note: lines of UTF-8, each ended by a newline, without any other control character. */
const isLines = (text: string): boolean =>
  text.endsWith("\n") && text.isWellFormed() && utf8(text).every((byte) => byte >= 0x20 || byte === 0x0a);

function parseSignature(line: string): NoteSignature | null {
  const [dash, name = "", encoded = "", ...more] = line.split(" ");
  const bytes = fromB64(encoded);
  if (dash !== "—" || !isKeyName(name) || more.length > 0 || bytes === null || bytes.length < 5) return null;
  return { name, keyId: hex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

/** Reads a signed note (signed-note, "Format"): strict, every byte of it means something, at most 16 signatures, and at most 131,072 bytes. */
export function parseNote(note: string): Result<Note, MalformedNote> {
  // A text has at least as many bytes as UTF-16 code units.
  if (note.length > MAX_NOTE_BYTES || utf8(note).length > MAX_NOTE_BYTES) return refuse("malformed-note");
  const blankLine = note.lastIndexOf("\n\n");
  if (blankLine < 0 || !isLines(note)) return refuse("malformed-note");
  const lines = note.slice(blankLine + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) return refuse("too-many-signatures");
  const signatures = lines.map(parseSignature);
  if (!signatures.every((one) => one !== null)) return refuse("malformed-note");
  return accept({ text: note.slice(0, blankLine + 1), signatures });
}

/** Reads `<name>+<8 hex digits>+<base64(type ‖ public key)>`; refuses keys of another type, and a key id that is not the key's. */
export function parseTypedVkey(type: SignatureType, vkey: string): Result<VerifierKey, "malformed-vkey"> {
  const [name = "", keyId = "", ...rest] = vkey.split("+");
  const bytes = fromB64(rest.join("+"));
  if (!isKeyName(name) || bytes?.length !== 33 || bytes[0] !== type) return refuse("malformed-vkey");
  const publicKey = bytes.slice(1);
  return keyIdOf(type, name, publicKey) === keyId ? accept({ type, name, keyId, publicKey }) : refuse("malformed-vkey");
}

/** Reads the verifier key of who signs notes, such as a log (type 0x01). */
export const parseVkey = (vkey: string): Result<VerifierKey, "malformed-vkey"> => parseTypedVkey(NOTE, vkey);

/** The verifier key of a 32-byte Ed25519 public key under a name (signed-note, "Verifier keys"). */
export function makeTypedVkey(type: SignatureType, name: string, publicKey: Bytes): string {
  if (!isKeyName(name)) throw new Error(`not a key name: ${JSON.stringify(name)}`);
  return `${name}+${keyIdOf(type, name, publicKey)}+${b64(concat(Uint8Array.of(type), publicKey))}`;
}

/** The verifier key of who signs notes, such as a log (type 0x01). */
export const makeVkey = (name: string, publicKey: Bytes): string => makeTypedVkey(NOTE, name, publicKey);

/** Those of the note's signatures that are said to be by one of these keys, in the note's order, each once. None is verified. */
export function claimedSignatures(note: Note, keys: readonly VerifierKey[]): { key: VerifierKey; signature: Bytes }[] {
  const isRepeated = ({ signature, ...one }: NoteSignature, at: number): boolean =>
    note.signatures.slice(0, at).some((other) => other.name === one.name && other.keyId === one.keyId && equal(other.signature, signature));
  return note.signatures
    .filter((one, at) => !isRepeated(one, at))
    .flatMap(({ name, keyId, signature }) =>
      keys.filter((key) => key.name === name && key.keyId === keyId).map((key) => ({ key, signature })),
    );
}

/** Whether the 64 bytes are the key's Ed25519 signature of these very bytes. */
export async function isSignedBy({ publicKey }: VerifierKey, signature: Bytes, message: Bytes): Promise<boolean> {
  if (signature.length !== 64) return false;
  const imported = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
  return await crypto.subtle.verify("Ed25519", imported, signature, message);
}

/**
 * Who of `keys` has signed the note, each once: at least one, or it refuses. One known key whose signature fails rejects the whole note;
 * signatures of unknown keys are ignored.
 */
export async function verifyNote(note: Note, keys: readonly VerifierKey[]): Promise<Result<VerifierKey[], UnverifiedNote>> {
  if (keys.some(({ type }) => type !== NOTE)) throw new Error("a witness's key signs no notes");
  const signers: VerifierKey[] = [];
  for (const { key, signature } of claimedSignatures(note, keys)) {
    if (!(await isSignedBy(key, signature, utf8(note.text)))) return refuse("bad-signature");
    if (!signers.some(({ publicKey }) => equal(publicKey, key.publicKey))) signers.push(key);
  }
  return signers.length > 0 ? accept(signers) : refuse("no-known-signature");
}

/** A signer of that type and name from an Ed25519 seed of 32 bytes. The key cannot be taken out of it again. */
export async function makeTypedSigner(type: SignatureType, name: string, seed: Bytes): Promise<Signer> {
  if (seed.length !== 32 || !isKeyName(name)) throw new Error("a signer needs a key name and a seed of 32 bytes");
  const pkcs8 = concat(PKCS8_PREFIX, seed);
  const { x } = await crypto.subtle.exportKey("jwk", await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]));
  const publicKey = x === undefined ? null : fromB64u(x);
  if (publicKey === null) throw new Error("WebCrypto gave no public key");
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  const sign = async (message: Bytes) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  return { type, name, keyId: keyIdOf(type, name, publicKey), publicKey, sign };
}

/** A signer of notes (type 0x01). */
export const makeSigner = async (name: string, seed: Bytes): Promise<Signer> => await makeTypedSigner(NOTE, name, seed);

/** A line of a note's signatures, with its newline; the signature is what follows the key id. */
export const signatureLine = ({ name, keyId }: VerifierKey, signature: Bytes): string =>
  `— ${name} ${b64(concat(fromHex(keyId) as Bytes, signature))}\n`;

/** The note of `text`, which ends in a newline, with a signature of each signer in their order, 1 to 16. */
export async function signNote(text: string, signers: readonly Signer[]): Promise<string> {
  if (!isLines(text)) throw new Error("a note's text ends in a newline and has no other control character");
  if (signers.length === 0 || signers.length > MAX_SIGNATURES) throw new Error(`a note has 1 to ${MAX_SIGNATURES} signatures`);
  const lines = signers.map(async (signer) => signatureLine(signer, await signer.sign(utf8(text))));
  return `${text}\n${(await Promise.all(lines)).join("")}`;
}
