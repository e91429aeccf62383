/** Where leaves stand in the log, up to the root that it has signed and witnesses have seen, as rows of names and values. */
import { hex } from "#countersign/encoding/bytes.ts";
import { leafEntry } from "#countersign/documents/record.ts";
import { type Checkpoint, parseCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { leafHash, type PathStep, pathSteps } from "#countersign/tlog/merkle.ts";
import { claimedSignatures, parseNote } from "#countersign/tlog/note.ts";
import { parseProof, type Proof } from "#countersign/tlog/proof.ts";
import type { LogTrust } from "#countersign/tlog/verify-checkpoint.ts";
import { logTrustOf, type Receipt, type Trust } from "#countersign/verifier.ts";
import { exactTimeView, hashView, term } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import type { View, ViewElement } from "#pages/kit/view.ts";
import { evidenceTexts as texts } from "#texts/browser/log/evidence.ts";
import { pathView } from "../../entry-view.ts";
import { usedLeafOf } from "./grant-evidence.ts";
import { codeView, group } from "./rows.ts";

const UNREADABLE = texts.log.cannotBeRead;

/** What a signed note says as a checkpoint, nothing verified; null if it is none. */
export function checkpointOf(signed: string): Checkpoint | null {
  const note = parseNote(signed);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  return checkpoint.ok ? checkpoint.value : null;
}

const shownStep = ({ sibling, siblingIsLeft, hash }: PathStep) => ({ sibling: hex(sibling), siblingIsLeft, hash: hex(hash) });

/** How a leaf hash leads to a root. */
export function pathRows(leaf: Uint8Array, { index, path }: Proof, { size }: Pick<Checkpoint, "size">): ViewElement[] {
  const steps = pathSteps({ leafHash: leaf, index, size, path });
  if (steps === null) return [term(texts.log.path, texts.log.doesNotFit(index, size))];
  const count = texts.log.hashes(steps.length);
  return [
    term(texts.log.path, steps.length === 0 ? count : pathView(count, steps.map(shownStep))),
    term(texts.log.rootItLeadsTo, hashView(hex(steps.at(-1)?.hash ?? leaf))),
  ];
}

/** The leaf of the policy that judged the request, if the receipt holds it. */
export const policyLeafOf = (receipt: Receipt) => ("policy" in receipt ? receipt.policy : null);

/** Each record of the receipt with its leaf and its path, in the order of the check. */
export function inclusionEvidence(receipt: Receipt): ViewElement[] {
  const { passkeys, final, redeemed, outcome } = receipt;
  return [...passkeys, policyLeafOf(receipt), usedLeafOf(receipt), final, redeemed, outcome]
    .filter((proven) => proven !== null)
    .map(({ record, salt, proof: text }) => {
      const leaf = leafHash(leafEntry(record, salt));
      const proof = parseProof(text);
      const checkpoint = proof.ok ? checkpointOf(proof.value.checkpoint) : null;
      const isReadable = proof.ok && checkpoint !== null;
      return group(
        record.kind === "passkey.enrolled" ? `${record.kind}, ${record.person.username}` : record.kind,
        term(texts.log.log, textView(record.log, "id")),
        term(texts.log.salt, codeView(salt)),
        term(texts.log.leafHash, hashView(hex(leaf))),
        term(texts.log.place, isReadable ? texts.log.placeOf(proof.value.index, checkpoint.size) : UNREADABLE),
        ...(isReadable ? pathRows(leaf, proof.value, checkpoint) : []),
      );
    });
}

/** What the log has signed, and the keys one of which it has to have signed with. */
export function checkpointRows(signed: string, { logKeys }: LogTrust): ViewElement[] {
  const checkpoint = checkpointOf(signed);
  const trusted = logKeys.map(({ name, keyId }) => term(texts.log.trustedKey, ...texts.log.key(textView(name, "id"), codeView(keyId))));
  if (checkpoint === null) return [term(texts.log.checkpoint, UNREADABLE), ...trusted];
  return [
    term(texts.log.log, textView(checkpoint.origin, "id")),
    term(texts.log.leaves, String(checkpoint.size)),
    term(texts.log.root, hashView(hex(checkpoint.root))),
    term(texts.log.signedNote, textView(signed, "id")),
    ...trusted,
  ];
}

/** Each witness of the policy, and what stands of it under the checkpoint. */
export function witnessRows(signed: string, { policy }: LogTrust): ViewElement[] {
  const note = parseNote(signed);
  if (!note.ok || policy === null) return [term(texts.log.checkpoint, UNREADABLE)];
  return policy.witnesses.map(({ name, key }) => {
    const times = claimedSignatures(note.value, [key]).map(({ signature }) => claimedTime(signature));
    const seen = times.flatMap((time, i) => [i === 0 ? texts.log.underTheCheckpoint : ", ", time]);
    return group(
      texts.log.witness(name),
      term(texts.log.key2, ...texts.log.key(textView(key.name, "id"), codeView(key.keyId))),
      term(texts.log.signature, ...(seen.length === 0 ? [texts.log.none] : seen)),
    );
  });
}

/** When a witness claims to have seen the checkpoint: the seconds before its signature (tlog-cosignature). */
function claimedTime(signature: Uint8Array): View {
  const seconds = signature.length < 8 ? Number.NaN : Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? texts.log.withoutATime : exactTimeView(date.toISOString());
}

/** The checkpoint under the final record's proof. */
const checkpointTextOf = ({ final }: Receipt): string => {
  const proof = parseProof(final.proof);
  return proof.ok ? proof.value.checkpoint : "";
};

export const checkpointEvidence = (receipt: Receipt, trust: Trust): ViewElement[] =>
  checkpointRows(checkpointTextOf(receipt), logTrustOf(trust));

export const witnessEvidence = (receipt: Receipt, trust: Trust): ViewElement[] => witnessRows(checkpointTextOf(receipt), logTrustOf(trust));
