/**
 * C2SP tlog-cosignature with Ed25519 (type 0x04): what a witness says of a checkpoint, and when. Making and verifying it, and
 * the verifier keys of witnesses. How many witnesses are enough is witness-policy.ts; what a witness has to check first is not here.
 */
import { type Bytes, concat, equal, utf8 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import {
  claimedSignatures,
  isSignedBy,
  makeTypedSigner,
  makeTypedVkey,
  type Note,
  parseTypedVkey,
  signatureLine,
  type SignatureType,
  type VerifierKey,
} from "./note.ts";

const COSIGNATURE: SignatureType = 0x04;
/** Of the big-endian time that stands before the Ed25519 signature. */
const TIME_BYTES = 8;

export interface Cosigner extends VerifierKey {
  /**
   * The signature line, with its newline, under a checkpoint's text (Note.text): that at this time, in seconds since the epoch
   * and not 0, it is the largest and consistent tree this cosigner has seen of the log. Whether it is, is the caller's to know.
   */
  cosign: (noteText: string, timeSeconds: number) => Promise<string>;
}

/** A key that has signed a checkpoint, and when it says it did. */
export interface Cosignature {
  key: VerifierKey;
  /** Since the epoch. Not compared with any clock. */
  timeSeconds: number;
}

/** Reads the verifier key of a witness: type 0x04, not a log's. */
export const parseWitnessVkey = (vkey: string): Result<VerifierKey, "malformed-vkey"> => parseTypedVkey(COSIGNATURE, vkey);

/** The verifier key of a witness's 32-byte Ed25519 public key. */
export const makeWitnessVkey = (name: string, publicKey: Bytes): string => makeTypedVkey(COSIGNATURE, name, publicKey);

const isTime = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds > 0;

/** tlog-cosignature, "Ed25519 signed message". */
const cosignedMessage = (noteText: string, timeSeconds: number): Bytes => utf8(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`);

function encodeTime(timeSeconds: number): Bytes {
  const bytes = new Uint8Array(TIME_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  return bytes;
}

/** A cosigner of that name from an Ed25519 seed of 32 bytes. */
export async function makeCosigner(name: string, seed: Bytes): Promise<Cosigner> {
  const { sign, ...key } = await makeTypedSigner(COSIGNATURE, name, seed);
  return {
    ...key,
    async cosign(noteText, timeSeconds) {
      if (!parseCheckpoint(noteText).ok) throw new Error("only checkpoints are cosigned");
      if (!isTime(timeSeconds)) throw new Error(`not a time to sign at: ${timeSeconds}`);
      return signatureLine(key, concat(encodeTime(timeSeconds), await sign(cosignedMessage(noteText, timeSeconds))));
    },
  };
}

/**
 * The cosignatures of `keys` under a checkpoint, in the note's order, of each key the one with the latest time: a public key is one
 * witness, however often it has signed. Unknown ones are ignored, and there may be none. One known key whose cosignature fails, has no time or one beyond 2^53 - 1, rejects all. Whether a log has signed is verifyNote.
 */
export async function verifyCosignatures(note: Note, keys: readonly VerifierKey[]): Promise<Result<Cosignature[], "bad-signature">> {
  if (keys.some(({ type }) => type !== COSIGNATURE)) throw new Error("a log's key makes no cosignatures");
  const cosignatures: Cosignature[] = [];
  for (const { key, signature } of claimedSignatures(note, keys)) {
    if (signature.length < TIME_BYTES) return refuse("bad-signature");
    const timeSeconds = Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
    const message = cosignedMessage(note.text, timeSeconds);
    if (!isTime(timeSeconds) || !(await isSignedBy(key, signature.slice(TIME_BYTES), message))) return refuse("bad-signature");
    const known = cosignatures.find((one) => equal(one.key.publicKey, key.publicKey));
    if (known === undefined) cosignatures.push({ key, timeSeconds });
    else known.timeSeconds = Math.max(known.timeSeconds, timeSeconds);
  }
  return accept(cosignatures);
}
