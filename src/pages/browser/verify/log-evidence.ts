/** Where the records of a receipt stand in the log, up to the root that it has signed, as rows of names and values. */
import { hex } from "../../../core/bytes.ts";
import { leafEntry } from "../../../core/record.ts";
import { type Checkpoint, parseCheckpoint } from "../../../tlog/checkpoint.ts";
import { leafHash, type PathStep, pathSteps } from "../../../tlog/merkle.ts";
import { claimedSignatures, parseNote } from "../../../tlog/note.ts";
import { parseProof, type Proof } from "../../../tlog/proof.ts";
import { logTrustOf, type Receipt, type Trust } from "../../../verifier.ts";
import { hashView, term } from "../../request-view.ts";
import { textView } from "../../text-view.ts";
import { element, styled, type ViewElement } from "../../view.ts";
import { codeView, group } from "./rows.ts";

const UNREADABLE = "cannot be read";

function checkpointOf(signed: string): Checkpoint | null {
  const note = parseNote(signed);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  return checkpoint.ok ? checkpoint.value : null;
}

const stepView = ({ sibling, siblingIsLeft, hash }: PathStep): ViewElement =>
  element("li", {}, `with the ${siblingIsLeft ? "left" : "right"} `, hashView(hex(sibling)), " gives ", hashView(hex(hash)));

function pathRows(leaf: Uint8Array, { index, path }: Proof, { size }: Checkpoint): ViewElement[] {
  const steps = pathSteps({ leafHash: leaf, index, size, path });
  if (steps === null) return [term("Path to the root", `does not fit index ${index} of ${size} leaves`)];
  const count = `${steps.length} ${steps.length === 1 ? "hash" : "hashes"}`;
  const shown = element("details", {}, element("summary", {}, count), styled("ol", "path", ...steps.map(stepView)));
  return [
    term("Path to the root", steps.length === 0 ? count : shown),
    term("Root it leads to", hashView(hex(steps.at(-1)?.hash ?? leaf))),
  ];
}

/** Each record of the receipt with its leaf and its path, in the order of the check. */
export function inclusionEvidence({ passkeys, final, redeemed, outcome }: Receipt): ViewElement[] {
  return [...passkeys, final, redeemed, outcome]
    .filter((proven) => proven !== null)
    .map(({ record, salt, proof: text }) => {
      const leaf = leafHash(leafEntry(record, salt));
      const proof = parseProof(text);
      const checkpoint = proof.ok ? checkpointOf(proof.value.checkpoint) : null;
      const isReadable = proof.ok && checkpoint !== null;
      return group(
        record.kind === "passkey.enrolled" ? `${record.kind}, ${record.person.username}` : record.kind,
        term("Log", textView(record.log, "id")),
        term("Salt", codeView(salt)),
        term("Leaf hash", hashView(hex(leaf))),
        term("Place", isReadable ? `index ${proof.value.index} of ${checkpoint.size} leaves` : UNREADABLE),
        ...(isReadable ? pathRows(leaf, proof.value, checkpoint) : []),
      );
    });
}

/** What the log has signed, and the key that it has to have signed it with. */
export function checkpointEvidence({ final }: Receipt, trust: Trust): ViewElement[] {
  const proof = parseProof(final.proof);
  const checkpoint = proof.ok ? checkpointOf(proof.value.checkpoint) : null;
  const trusted = logTrustOf(trust).logKeys.map(({ name, keyId }) => term("Trusted key", textView(name, "id"), ", key ", codeView(keyId)));
  if (!proof.ok || checkpoint === null) return [term("Checkpoint", UNREADABLE), ...trusted];
  return [
    term("Log", textView(checkpoint.origin, "id")),
    term("Leaves", String(checkpoint.size)),
    term("Root", hashView(hex(checkpoint.root))),
    term("Signed note", textView(proof.value.checkpoint, "id")),
    ...trusted,
  ];
}

/** Each witness of the policy, and whether its name and key stand under the checkpoint. */
export function witnessEvidence({ final }: Receipt, { policy }: Trust): ViewElement[] {
  const proof = parseProof(final.proof);
  const note = proof.ok ? parseNote(proof.value.checkpoint) : proof;
  if (!note.ok || policy === undefined) return [term("Checkpoint", UNREADABLE)];
  return policy.witnesses.map(({ name, key }) => {
    const isThere = claimedSignatures(note.value, [key]).length > 0;
    return group(
      `Witness ${name}`,
      term("Key", textView(key.name, "id"), ", key ", codeView(key.keyId)),
      term("Signature", isThere ? "under the checkpoint" : "none"),
    );
  });
}
