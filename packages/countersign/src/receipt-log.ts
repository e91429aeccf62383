/**
 * Where the records of a receipt stand in the log: all under the root of one checkpoint, in the order of what they tell. Whether the
 * checkpoint is signed is verifier.ts.
 */
import { grantingReceiptOf, type Receipt, type ReceiptFailure, type ReceiptV2 } from "./documents/receipt.ts";
import { leafEntry } from "./documents/record.ts";
import { withinGranting } from "./grant-rules.ts";
import { accept, refuse, type Result } from "./result.ts";
import { type Checkpoint, parseCheckpoint } from "./tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "./tlog/merkle.ts";
import { parseNote } from "./tlog/note.ts";
import { parseProof } from "./tlog/proof.ts";

const notIncluded = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "not_included", message });
const checkpointInvalid = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "checkpoint_invalid", message });

type ProvenUse = NonNullable<ReceiptV2["grant"]>["used"];

/** The log as the receipt shows it; nothing about its signatures is verified yet. */
export interface ClaimedLog extends Checkpoint {
  /** The signed note. */
  text: string;
  /** Index of the final record's leaf. */
  index: number;
  /** Of the final record of the approval that gave the grant; null if no grant let it pass. */
  grantingIndex: number | null;
}

/** All leaves of the receipt are under the root of one checkpoint of the log that they name, what it rests on first, use last. */
export function findInLog(receipt: Receipt): Result<ClaimedLog, ReceiptFailure> {
  const used = "grant" in receipt && receipt.grant !== null ? receipt.grant.used : null;
  const granting = grantingReceiptOf(receipt);
  const own = findLeaves(receipt, used);
  if (!own.ok || used === null || granting === null) return own;
  const given = findLeaves(granting, null);
  if (!given.ok) return notIncluded(withinGranting(given.refusal.message));
  if (given.value.text !== own.value.text) return notIncluded(withinGranting("Its proofs are for another checkpoint."));
  const { index: grantingIndex } = given.value;
  const place = parseProof(used.proof);
  if (!place.ok || place.value.index <= grantingIndex) return notIncluded("The grant was used before the log has it.");
  return accept({ ...own.value, grantingIndex });
}

/** The same of one receipt, without the one that is in it; `used` is what it rests on besides. */
function findLeaves(receipt: Receipt, used: ProvenUse | null): Result<ClaimedLog, ReceiptFailure> {
  const { final, passkeys, redeemed, outcome } = receipt;
  const policy = "policy" in receipt ? receipt.policy : null;
  const before = [...passkeys, ...[policy, used].filter((leaf) => leaf !== null)];
  const finalProof = parseProof(final.proof);
  if (!finalProof.ok) return notIncluded("The proof of the final record cannot be read.");
  const { checkpoint: signed, index } = finalProof.value;
  const note = parseNote(signed);
  if (!note.ok) return checkpointInvalid("The checkpoint is not a signed note.");
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpointInvalid("The signed note is not a checkpoint.");

  const indices: number[] = [];
  for (const { record, salt, proof } of [...before, final, redeemed, outcome].filter((leaf) => leaf !== null)) {
    const { kind } = record;
    const place = parseProof(proof);
    if (!place.ok) return notIncluded(`The proof of ${kind} cannot be read.`);
    if (place.value.checkpoint !== signed) return notIncluded(`The proof of ${kind} is for another checkpoint.`);
    if (record.log !== checkpoint.value.origin)
      return notIncluded(`${kind} is a record of the log ${record.log}, not of the checkpoint's.`);
    const leaf = leafHash(leafEntry(record, salt));
    if (!verifyInclusion({ leafHash: leaf, ...place.value, ...checkpoint.value }))
      return notIncluded(`${kind} is not in the log at its place.`);
    indices.push(place.value.index);
  }
  const restsOnEarlier = indices.slice(0, before.length).every((earlier) => earlier < index);
  const usedAfter = indices.slice(before.length).every((place, later, all) => later === 0 || (all[later - 1] as number) < place);
  if (!restsOnEarlier || !usedAfter) return notIncluded("The records are not in the log in the order of what they tell.");
  return accept({ ...checkpoint.value, text: signed, index, grantingIndex: null });
}
