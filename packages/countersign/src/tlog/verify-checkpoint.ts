/**
 * Whether a checkpoint is to be believed: signed by a trusted log, and cosigned by enough witnesses. And whether a leaf is in the
 * tree of such a checkpoint. Every conclusion goes from what is signed down to the leaf; nothing is fetched.
 */
import { accept, refuse, type Result } from "../result.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { type Cosignature, verifyCosignatures } from "./cosignature.ts";
import { type PathStep, pathSteps, verifyInclusion } from "./merkle.ts";
import { type MalformedNote, parseNote, type UnverifiedNote, type VerifierKey, verifyNote } from "./note.ts";
import { enoughWitnesses, type WitnessPolicy } from "./witness-policy.ts";
import { parseProof } from "./proof.ts";

/** Who is believed about a log. */
export interface LogTrust {
  /** Keys of logs; each is named as its log's origin line. One log may have several, when its key has been rotated. */
  logKeys: readonly VerifierKey[];
  /** Null: no witness is asked for, and no cosignature is looked at. */
  policy: WitnessPolicy | null;
}

export interface VerifiedCheckpoint extends Checkpoint {
  /** Which of the trusted log's keys have signed, at least one. */
  signers: VerifierKey[];
  /** Those of the policy's witnesses, in the order in which they stand there. */
  cosignatures: Cosignature[];
}

export type UnverifiedCheckpoint =
  | MalformedNote
  | "malformed-checkpoint"
  | UnverifiedNote
  /** None of the trusted keys has the name of its origin line. */
  | "unknown-log"
  /** A witness of the policy stands there, with a signature that does not hold. */
  | "bad-cosignature"
  | "witnesses-missing";

/**
 * 1. It is a note whose text is a checkpoint.
 * 2. The log that it names has signed it, and nobody else's signature counts for the log's.
 * 3. Witnesses have cosigned it as the policy asks.
 */
export async function verifyCheckpoint(
  text: string,
  { logKeys, policy }: LogTrust,
): Promise<Result<VerifiedCheckpoint, UnverifiedCheckpoint>> {
  // 1.
  const note = parseNote(text);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;

  // 2.
  const ownKeys = logKeys.filter(({ name }) => name === checkpoint.value.origin);
  if (ownKeys.length === 0) return refuse("unknown-log");
  const signers = await verifyNote(note.value, ownKeys);
  if (!signers.ok) return signers;

  // 3.
  const witnessKeys = policy?.witnesses.map(({ key }) => key) ?? [];
  const cosignatures = await verifyCosignatures(note.value, witnessKeys);
  if (!cosignatures.ok) return refuse("bad-cosignature");
  const cosigners = cosignatures.value.map(({ key }) => key);
  if (policy !== null && !enoughWitnesses(policy, cosigners)) return refuse("witnesses-missing");
  return accept({ ...checkpoint.value, signers: signers.value, cosignatures: cosignatures.value });
}

export interface VerifiedLeaf {
  index: number;
  checkpoint: VerifiedCheckpoint;
  /** From the leaf up to the checkpoint's root. */
  steps: PathStep[];
}

/** Whether the leaf is in a trusted log, by a tlog-proof text: its checkpoint is believed first, then its path is followed. */
export async function verifyProof(
  text: string,
  leafHash: Uint8Array,
  trust: LogTrust,
): Promise<Result<VerifiedLeaf, UnverifiedCheckpoint | "malformed-proof" | "not-included">> {
  const proof = parseProof(text);
  if (!proof.ok) return proof;
  const { index, path } = proof.value;
  const checkpoint = await verifyCheckpoint(proof.value.checkpoint, trust);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  const steps = pathSteps({ leafHash, index, size, path });
  if (steps === null || !verifyInclusion({ leafHash, index, size, root, path })) return refuse("not-included");
  return accept({ index, checkpoint: checkpoint.value, steps });
}
