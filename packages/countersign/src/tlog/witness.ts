/**
 * C2SP tlog-witness: what a witness answers to add-checkpoint, to the letter and in the order of the specification.
 * What it remembers is witness-ledger.ts; connections, sizes and addresses are the server's. sign-subtree, which is optional, is not here.
 */
import { type Bytes, equal, fromB64, fromUtf8 } from "../encoding/bytes.ts";
import { accept, refuse, type Result } from "../result.ts";
import { type Checkpoint, parseCheckpoint, parseDecimal } from "./checkpoint.ts";
import type { Cosigner } from "./cosignature.ts";
import { makeEvidence, verifyEvidence } from "./evidence.ts";
import { EMPTY_ROOT, verifyConsistency } from "./merkle.ts";
import { claimedSignatures, MAX_NOTE_BYTES, parseNote, signatureLine, type VerifierKey, verifyNote } from "./note.ts";

const MAX_PROOF_LINES = 63;
/** Of a request's body: the longest note, and more than all that comes before it. */
export const MAX_REQUEST_BYTES = MAX_NOTE_BYTES + 4_096;

/** The largest tree of a log that the witness has cosigned. */
export interface Cosigned {
  size: number;
  root: Bytes;
  /** The signed note: the log's verified signatures, and the witness's own. */
  checkpoint: string;
}

/** What a witness remembers, one tree an origin. */
export interface WitnessMemory {
  /**
   * Gives `step` the latest tree of the origin, null if there is none, and keeps the one that it returns, if it returns one.
   * From reading until keeping, no other step of this origin runs: otherwise two requests, both consistent with what was read,
   * would roll the tree back. Resolves once it is durable; throws if that cannot be said.
   */
  advance<Refusal>(
    origin: string,
    step: (latest: Cosigned | null) => Promise<Result<Cosigned, Refusal>>,
  ): Promise<Result<Cosigned, Refusal>>;
}

export interface Witness {
  /** Keys of the logs that it watches. A key's name is its log's origin; a log may have several. */
  logKeys: readonly VerifierKey[];
  cosigner: Cosigner;
  memory: WitnessMemory;
  /** Seconds since the epoch, a whole number. */
  now: () => number;
}

/** Why there is no cosignature; with the size that the witness knows, where that is the answer. */
type Refusal =
  | { status: 400; reason: "malformed-request" | "malformed-checkpoint" | "old-size-beyond-checkpoint" }
  | { status: 403; reason: "no-known-signature" | "bad-signature" }
  | { status: 404; reason: "unknown-log" }
  | { status: 409; reason: "other-size"; size: number }
  | { status: 422; reason: "not-the-empty-root" | "other-root" | "inconsistent" };

export interface WitnessAnswer {
  status: 200 | Refusal["status"];
  contentType: string;
  body: string;
  /** Null with a cosignature. */
  reason: Refusal["reason"] | null;
  /** What the log has signed; null as long as no signature of it is verified. */
  signed: Checkpoint | null;
  /** Text of an evidence file (evidence.ts), if one key of the log has signed another root for the size that was cosigned last. */
  evidence: string | null;
}

/** A request whose checkpoint the log has signed; nothing of it is compared with what the witness remembers. */
interface Submission {
  oldSize: number;
  proof: Bytes[];
  /** Note.text. */
  noteText: string;
  checkpoint: Checkpoint;
  /** The signature lines of the log's keys, one each, verified. */
  logSignatures: string[];
}

/** The request's lines (tlog-witness, "add-checkpoint"), and the note after them, unread. */
function readRequest(request: Uint8Array): { oldSize: number; proof: Bytes[]; note: string } | null {
  if (request.length > MAX_REQUEST_BYTES) return null;
  const text = fromUtf8(request) ?? "";
  const blankLine = text.indexOf("\n\n");
  const [oldLine = "", ...proofLines] = text.slice(0, blankLine).split("\n");
  const oldSize = oldLine.startsWith("old ") ? parseDecimal(oldLine.slice("old ".length)) : null;
  const proof = proofLines.length > MAX_PROOF_LINES ? [null] : proofLines.map(fromB64);
  const isProof = (all: (Bytes | null)[]): all is Bytes[] => all.every((hash) => hash?.length === 32);
  return blankLine < 0 || oldSize === null || !isProof(proof) ? null : { oldSize, proof, note: text.slice(blankLine + 2) };
}

async function readSubmission(request: Uint8Array, logKeys: readonly VerifierKey[]): Promise<Result<Submission, Refusal>> {
  const read = readRequest(request);
  if (read === null) return refuse({ status: 400, reason: "malformed-request" });
  const note = parseNote(read.note);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!note.ok || !checkpoint.ok) return refuse({ status: 400, reason: "malformed-checkpoint" });
  const keys = logKeys.filter(({ name }) => name === checkpoint.value.origin);
  if (keys.length === 0) return refuse({ status: 404, reason: "unknown-log" });
  const verified = await verifyNote(note.value, keys);
  if (!verified.ok) return refuse({ status: 403, reason: verified.refusal });
  const lineOfKey = new Map(claimedSignatures(note.value, keys).map(({ key, signature }) => [key.keyId, signatureLine(key, signature)]));
  const { oldSize, proof } = read;
  return accept({ oldSize, proof, noteText: note.value.text, checkpoint: checkpoint.value, logSignatures: [...lineOfKey.values()] });
}

/** What speaks against a checkpoint that the log has signed, after the tree that was cosigned last. */
function findObjection({ oldSize, proof, checkpoint }: Submission, latest: Pick<Cosigned, "size" | "root">): Refusal | null {
  const { size, root } = checkpoint;
  if (oldSize !== latest.size) return { status: 409, reason: "other-size", size: latest.size };
  if (size === 0 && !equal(root, EMPTY_ROOT)) return { status: 422, reason: "not-the-empty-root" };
  if (size === oldSize && !equal(root, latest.root)) return { status: 422, reason: "other-root" };
  const isConsistent = verifyConsistency({ oldSize, oldRoot: latest.root, size, root, path: proof });
  return isConsistent ? null : { status: 422, reason: "inconsistent" };
}

function refusalAnswer(refusal: Refusal, signed: Checkpoint | null, evidence: string | null = null): WitnessAnswer {
  const { status, reason } = refusal;
  if (status === 409) return { status, contentType: "text/x.tlog.size", body: `${refusal.size}\n`, reason, signed, evidence };
  return { status, contentType: "text/plain; charset=utf-8", body: `${reason}\n`, reason, signed, evidence };
}

/** That two checkpoints of one size contradict each other; null if no one key has signed both, as when it was rotated in between. */
async function contradiction(cosigned: string, refused: string, logKeys: readonly VerifierKey[]): Promise<string | null> {
  const evidence = makeEvidence({ smaller: cosigned, larger: refused, root: null, consistency: [] });
  return (await verifyEvidence(evidence, logKeys)).ok ? evidence : null;
}

/**
 * Answers an add-checkpoint request, given as its body's bytes. The cosignature is given only once the memory has kept what it
 * says. Throws if the memory does, and then nothing may be answered but that something failed.
 */
export async function addCheckpoint(request: Uint8Array, { logKeys, cosigner, memory, now }: Witness): Promise<WitnessAnswer> {
  const submission = await readSubmission(request, logKeys);
  if (!submission.ok) return refusalAnswer(submission.refusal, null);
  const { oldSize, noteText, checkpoint, logSignatures } = submission.value;
  const signedNote = `${noteText}\n${logSignatures.join("")}`;
  if (oldSize > checkpoint.size) return refusalAnswer({ status: 400, reason: "old-size-beyond-checkpoint" }, checkpoint);

  let cosignature = "";
  let evidence: string | null = null;
  const kept = await memory.advance<Refusal>(checkpoint.origin, async (latest) => {
    const objection = findObjection(submission.value, latest ?? { size: 0, root: EMPTY_ROOT });
    if (objection?.reason === "other-root" && latest !== null) evidence = await contradiction(latest.checkpoint, signedNote, logKeys);
    if (objection !== null) return refuse(objection);
    cosignature = await cosigner.cosign(noteText, now());
    const { size, root } = checkpoint;
    return accept({ size, root, checkpoint: signedNote + cosignature });
  });
  if (!kept.ok) return refusalAnswer(kept.refusal, checkpoint, evidence);
  return { status: 200, contentType: "text/plain; charset=utf-8", body: cosignature, reason: null, signed: checkpoint, evidence };
}
