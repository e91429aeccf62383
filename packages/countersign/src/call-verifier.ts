/**
 * Verifies offline that a call of an agent is what the log commits to (docs/formats.md, "Proof of a call"): from the call up to the root of
 * its batch, and from the leaf with that root up to the signed root of the log. What is trusted is an argument, as for receipts.
 */
import { callEntry, type CallRecord } from "./documents/call.ts";
import type { CallProof, CallProofFailure } from "./documents/call-proof.ts";
import { leafEntry } from "./documents/record.ts";
import { fromHex, hex } from "./encoding/bytes.ts";
import { accept, refuse, type Result } from "./result.ts";
import { parseCheckpoint } from "./tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "./tlog/merkle.ts";
import { parseNote } from "./tlog/note.ts";
import { parseProof } from "./tlog/proof.ts";
import { verifyCheckpoint } from "./tlog/verify-checkpoint.ts";
import { checkpointFailure, logTrustOf, logTrustProblem, type ReceiptVerdict, type Trust } from "./verifier.ts";

export { CALL_PROOF_CHECKS, type CallProof, type CallProofFailure, parseCallProof } from "./documents/call-proof.ts";

/** The log's key, and a witness policy if its checkpoint has to be cosigned. */
export type CallTrust = Pick<Trust, "vkey" | "policy">;

/** What a proof shows, as far as the trust that was given. */
export interface ProvenCallVerdict {
  call: CallRecord;
  /** Which calls of this agent are under the same leaf, and when that was made. */
  batch: { from: number; to: number; at: string };
  log: ReceiptVerdict["log"];
  witnesses: ReceiptVerdict["witnesses"];
}

const refused = (code: CallProofFailure["code"], message: string): { ok: false; refusal: CallProofFailure } => refuse({ code, message });

/** Checks everything that a proof claims, in the order of `CALL_PROOF_CHECKS`. Throws if the trust cannot be used (see `logTrustProblem`). */
export async function verifyCallProof(proof: CallProof, trust: CallTrust): Promise<Result<ProvenCallVerdict, CallProofFailure>> {
  const problem = logTrustProblem(trust);
  if (problem !== null) throw new TypeError(problem);
  const { call, leaf } = proof;
  const { agent, from, to, at } = leaf.record;
  const mismatch = mismatchOf(proof);
  if (mismatch !== null) return refused("call_mismatch", mismatch);

  const place = parseProof(leaf.proof);
  if (!place.ok) return refused("not_included", "The proof of the leaf cannot be read.");
  const note = parseNote(place.value.checkpoint);
  if (!note.ok) return refused("checkpoint_invalid", "The checkpoint is not a signed note.");
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return refused("checkpoint_invalid", "The signed note is not a checkpoint.");
  const { origin, size, root } = checkpoint.value;
  if (!isUnderItsRoot(proof)) return refused("not_included", `Call ${call.number} of ${agent.id} is not under the root of its batch.`);
  if (leaf.record.log !== origin) return refused("not_included", `The leaf is of the log ${leaf.record.log}, not of the checkpoint's.`);
  const { index, path } = place.value;
  if (!verifyInclusion({ leafHash: leafHash(leafEntry(leaf.record, leaf.salt)), index, size, root, path }))
    return refused("not_included", "The leaf is not in the log at its place.");

  const signed = await verifyCheckpoint(place.value.checkpoint, logTrustOf(trust));
  if (!signed.ok) return refuse(checkpointFailure(signed.refusal, origin));
  const witnesses =
    trust.policy === undefined ? null : signed.value.cosignatures.map(({ key: { name }, timeSeconds }) => ({ name, timeSeconds }));
  return accept({ call, batch: { from, to, at }, log: { origin, size, root: hex(root), index }, witnesses });
}

/** Whether call and batch say the same of each other; one sentence if they do not. */
function mismatchOf({ call, index, size, leaf }: CallProof): string | null {
  const { agent, from, to } = leaf.record;
  if (call.agent.id !== agent.id) return `The call is one of ${call.agent.id}, and the leaf is about calls of ${agent.id}.`;
  if (call.number < from || call.number > to) return `The leaf is about the calls ${from} to ${to}, and this is call ${call.number}.`;
  const isItsPlace = size === to - from + 1 && index === call.number - from;
  return isItsPlace ? null : "The place of the call is not the one that its number says.";
}

function isUnderItsRoot({ call, salt, index, size, path, leaf }: CallProof): boolean {
  const [root, ...siblings] = [leaf.record.root, ...path].map(fromHex);
  const known = siblings.filter((sibling) => sibling !== null && sibling !== undefined);
  return (
    root !== null && root !== undefined && verifyInclusion({ leafHash: leafHash(callEntry(call, salt)), index, size, root, path: known })
  );
}
