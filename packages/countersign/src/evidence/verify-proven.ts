/** What goes with the leaves of a bundle: policies, enrolments and receipts, each proven to the bundle's own checkpoint. */
import { hex } from "../encoding/bytes.ts";
import { canonicalize, hashJson } from "../json/canonical-json.ts";
import { leafEntry, type LogRecord } from "../documents/record.ts";
import { MAX_RECEIPT_BYTES, parseReceipt, type Receipt } from "../documents/receipt.ts";
import type { ReceiptVerdict } from "../receipt-verdict.ts";
import { keyFingerprint } from "../receipt-rules.ts";
import type { Checkpoint } from "../tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "../tlog/merkle.ts";
import { parseProof } from "../tlog/proof.ts";
import { type Trust, verifyReceipt } from "../verifier.ts";
import { BUNDLE_FILES, type Manifest, policyFile, readEnrolment, readPolicyFile, receiptFile } from "./bundle-format.ts";
import { BundleFault, type BundleVerdict } from "./bundle-verdict.ts";
import type { CheckedFiles } from "./checked-files.ts";

/** The bundle's signed checkpoint: what it says, and the note itself. */
export interface SignedTree extends Checkpoint {
  note: string;
}

/** Where a record stands, proven to this checkpoint and before the end of the bundle; in words what does not hold. */
function placeOf(
  { record, salt, proof }: { record: LogRecord; salt: string; proof: string },
  signed: SignedTree,
  manifest: Manifest,
): number | string {
  const place = parseProof(proof);
  if (!place.ok || place.value.checkpoint !== signed.note) return "Its proof is not one to the bundle's signed checkpoint.";
  const { index, path } = place.value;
  const isThere =
    record.log === manifest.log &&
    verifyInclusion({ leafHash: leafHash(leafEntry(record, salt)), index, size: signed.size, root: signed.root, path });
  if (!isThere) return "Its record is not in the log.";
  return index < manifest.last.size ? index : "It is in the log after the last checkpoint.";
}

export async function verifyPolicies(files: CheckedFiles, manifest: Manifest, signed: SignedTree): Promise<BundleVerdict["policies"]> {
  const policies: BundleVerdict["policies"] = [];
  for (const name of files.in("policies")) {
    const read = readPolicyFile(await files.text(name));
    if (!read.ok) throw new BundleFault("malformed", name, `It does not have its format: ${read.refusal}.`);
    const { published, document } = read.value;
    const { version, hash, at } = published.record;
    if (name !== policyFile(version)) throw new BundleFault("policy_mismatch", name, "It is not of the version that its name says.");
    const index = placeOf(published, signed, manifest);
    if (typeof index === "string") throw new BundleFault("policy_mismatch", name, index);
    if (hex(hashJson(document)) !== hash) throw new BundleFault("policy_mismatch", name, "Its document is not the one that was published.");
    policies.push({ version, hash, publishedAt: at, index });
  }
  return policies.toSorted((one, other) => one.version - other.version);
}

export async function verifyEnrolments(files: CheckedFiles, manifest: Manifest, signed: SignedTree): Promise<BundleVerdict["enrolments"]> {
  const name = BUNDLE_FILES.enrolments;
  const enrolments: BundleVerdict["enrolments"] = [];
  for await (const line of files.lines(name)) {
    const read = readEnrolment(line);
    if (!read.ok) throw new BundleFault("malformed", name, `Line ${enrolments.length + 1} is no enrolment: ${read.refusal}.`);
    const { person, credential, at } = read.value.record;
    const index = placeOf(read.value, signed, manifest);
    if (typeof index === "string") throw new BundleFault("enrolment_mismatch", name, `Line ${enrolments.length + 1}: ${index}`);
    const before = enrolments.at(-1);
    if (before !== undefined && before.index >= index)
      throw new BundleFault("enrolment_mismatch", name, "They are not in the order of the log.");
    enrolments.push({ person, keyFingerprint: keyFingerprint(credential.public_key), at, index });
  }
  return enrolments;
}

/** A receipt that is valid by itself, and what else of the bundle it names. */
export interface VerifiedReceipt {
  verdict: ReceiptVerdict;
  /** Leaves of the enrolments that it rests on, and the policy's version, if its leaf is in it. */
  enrolments: number[];
  policy: number | null;
}

/** The receipt of this request, by the verifier of receipts, proven to the bundle's own checkpoint. */
export async function verifyBundledReceipt(
  files: CheckedFiles,
  request: string,
  signed: SignedTree,
  trust: Trust,
): Promise<VerifiedReceipt> {
  const name = receiptFile(request);
  const invalid = (message: string) => new BundleFault("receipt_invalid", name, message);
  const content = await files.text(name, MAX_RECEIPT_BYTES);
  const receipt = parseReceipt(content);
  if (!receipt.ok) throw invalid(receipt.refusal.message);
  if (canonicalize(receipt.value) !== content) throw invalid("It is not canonical JSON.");
  if (receipt.value.final.record.request.id !== request) throw invalid("It is of another request than its name says.");
  if (checkpointOf(receipt.value.final.proof) !== signed.note) throw invalid("Its proofs are not to the bundle's signed checkpoint.");
  const judged = await verifyReceipt(receipt.value, trust);
  if (!judged.ok) throw invalid(`${judged.refusal.code}: ${judged.refusal.message}`);
  return { verdict: judged.value, enrolments: receipt.value.passkeys.map(({ proof }) => indexIn(proof)), policy: policyOf(receipt.value) };
}

const checkpointOf = (proof: string): string | null => {
  const place = parseProof(proof);
  return place.ok ? place.value.checkpoint : null;
};

/** Of a proof that was verified. */
function indexIn(proof: string): number {
  const place = parseProof(proof);
  if (!place.ok) throw new Error("a proof that was verified cannot be read");
  return place.value.index;
}

const policyOf = (receipt: Receipt): number | null => ("policy" in receipt ? (receipt.policy?.record.version ?? null) : null);
