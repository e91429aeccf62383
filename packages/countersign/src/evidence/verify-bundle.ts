/**
 * Verifies an evidence bundle offline (docs/formats.md, "Evidence bundle"): that all leaves between two states of the log are in it, as
 * records or as hashes, and that each decision, rule and key in it is what the log holds. Nothing is fetched; what is trusted is an
 * argument. Runs in Node and in browsers.
 */
import { hex, sha256, utf8 } from "../encoding/bytes.ts";
import { BASES } from "../documents/record.ts";
import { accept, refuse, type Result } from "../result.ts";
import { verifyCheckpoint } from "../tlog/verify-checkpoint.ts";
import { checkpointFailure, logTrustOf, type Trust, trustProblem } from "../verifier.ts";
import { type BundleFiles, readWhole, UnreadableFile } from "./bundle-files.ts";
import { BUNDLE_FILES, type Manifest, MAX_BUNDLE_DOCUMENT_BYTES, policyFile, readManifest, receiptFile } from "./bundle-format.ts";
import { type BundleFailure, BundleFault, type BundleVerdict } from "./bundle-verdict.ts";
import { CheckedFiles } from "./checked-files.ts";
import { verifyManifest } from "./manifest-note.ts";
import { type ShownLeaf, verifyEntries } from "./verify-entries.ts";
import { type SignedTree, verifyBundledReceipt, verifyEnrolments, verifyPolicies } from "./verify-proven.ts";

/** What passed without people is evidence too, and is told as what it is. */
export type BundleTrust = Omit<Trust, "allowBasis">;

/**
 * 1. The manifest can be read, and the signed checkpoint is believed.
 * 2. The log's key has signed the manifest, which is about this log and this service.
 * 3. Every file is there, is the one that is listed, and there is no other.
 * 4. Every leaf between the two trees is there, in its place, and leads to the signed checkpoint.
 * 5. Policies, enrolments and receipts are of that log, and the receipts are valid.
 * 6. Nothing is missing that the leaves say: of every request that ended its receipt, unless the manifest names it as missing; every
 *    policy that was published or that a receipt names, and the one in force at the beginning; every key that was decided with.
 * `onReceipt` is told how many receipts were checked. Throws if the trust cannot be used (see `trustProblem`).
 */
export async function verifyBundle(
  files: BundleFiles,
  given: BundleTrust,
  onReceipt: (done: number, of: number) => void = () => {},
): Promise<Result<BundleVerdict, BundleFailure>> {
  const problem = trustProblem(given);
  if (problem !== null) throw new TypeError(problem);
  try {
    return accept(await judge(files, { ...given, allowBasis: BASES }, onReceipt));
  } catch (error) {
    if (error instanceof BundleFault) return refuse(error.failure);
    if (error instanceof UnreadableFile) return refuse({ code: "malformed", file: null, message: `It cannot be read: ${error.message}.` });
    throw error;
  }
}

async function judge(files: BundleFiles, trust: Trust, onReceipt: (done: number, of: number) => void): Promise<BundleVerdict> {
  // 1.
  const manifestText = await textOf(files, BUNDLE_FILES.manifest);
  const read = readManifest(manifestText);
  if (!read.ok) throw new BundleFault("malformed", BUNDLE_FILES.manifest, `It does not have its format: ${read.refusal}.`);
  const manifest = read.value;
  const { signed, witnesses } = await believedCheckpoint(files, manifest, trust);

  // 2.
  const note = await textOf(files, BUNDLE_FILES.note);
  const verified = await verifyManifest(note, manifest.log, hex(sha256(utf8(manifestText))), logTrustOf(trust).logKeys);
  if (!verified.ok) throw new BundleFault("manifest_invalid", BUNDLE_FILES.note, verified.refusal);
  if (manifest.origin !== trust.origin)
    throw new BundleFault("manifest_invalid", BUNDLE_FILES.manifest, "It is of another service than the origin you trust.");

  // 3.
  const checked = new CheckedFiles(files, manifest);
  for (const name of [BUNDLE_FILES.readme, BUNDLE_FILES.controlsText, BUNDLE_FILES.controls, BUNDLE_FILES.signed])
    await checked.check(name);

  // 4.
  const ended: { request: string; index: number }[] = [];
  const published: number[] = [];
  const onShown = ({ index, record }: ShownLeaf): void => {
    if ("request" in record && typeof record.request === "object") ended.push({ request: record.request.id, index });
    if (record.kind === "policy.published") published.push(record.version);
  };
  const entries = await verifyEntries(checked, manifest, signed, onShown);

  // 5.
  const policies = await verifyPolicies(checked, manifest, signed);
  const enrolments = await verifyEnrolments(checked, manifest, signed);
  const missing = new Set(manifest.missing_receipts.map(({ request }) => request));
  const expected = ended.filter(({ request }) => !missing.has(request));
  demandReceipts(checked, expected, ended, missing);
  const receipts: BundleVerdict["receipts"] = [];
  const needed = { policies: new Set(published), enrolments: new Set<number>() };
  for (const { request, index } of expected) {
    const receipt = await verifyBundledReceipt(checked, request, signed, trust);
    if (receipt.verdict.log.index !== index) throw new BundleFault("receipt_invalid", receiptFile(request), "It is of another leaf.");
    receipts.push(receipt.verdict);
    for (const one of receipt.enrolments) needed.enrolments.add(one);
    if (receipt.policy !== null) needed.policies.add(receipt.policy);
    onReceipt(receipts.length, expected.length);
  }

  // 6.
  demandPolicies(policies, needed.policies, manifest);
  const enrolled = new Set(enrolments.map(({ index }) => index));
  if ([...needed.enrolments].some((index) => !enrolled.has(index)))
    throw new BundleFault("incomplete", BUNDLE_FILES.enrolments, "It lacks a passkey that a decision was signed with.");
  const { files: _, ...told } = manifest;
  return { manifest: told, witnesses, entries, receipts, policies, enrolments };
}

/** A file that the manifest does not list, or that is read before it. */
async function textOf(files: BundleFiles, name: string): Promise<string> {
  if (!files.names.includes(name)) throw new BundleFault("malformed", name, "It is not there.");
  const content = await readWhole(files.read(name), MAX_BUNDLE_DOCUMENT_BYTES);
  if (!content.ok) throw new BundleFault("malformed", name, content.refusal);
  return content.value;
}

async function believedCheckpoint(
  files: BundleFiles,
  { log, signed }: Manifest,
  trust: Trust,
): Promise<{ signed: SignedTree; witnesses: BundleVerdict["witnesses"] }> {
  const name = BUNDLE_FILES.signed;
  const note = await textOf(files, name);
  const verified = await verifyCheckpoint(note, logTrustOf(trust));
  if (!verified.ok) {
    const { code, message } = checkpointFailure(verified.refusal, log);
    throw new BundleFault(code, name, message);
  }
  const { origin, size, root, cosignatures } = verified.value;
  if (origin !== log || size !== signed.size || hex(root) !== signed.root)
    throw new BundleFault("checkpoint_invalid", name, "It is another checkpoint than the manifest names.");
  const witnesses = trust.policy && cosignatures.map(({ key, timeSeconds }) => ({ name: key.name, timeSeconds }));
  return { signed: { origin, size, root, note }, witnesses: witnesses ?? null };
}

/** Of every request that is shown to have ended its receipt, or the manifest's word that it is missing; and no other. */
function demandReceipts(
  files: CheckedFiles,
  expected: readonly { request: string }[],
  ended: readonly { request: string }[],
  missing: ReadonlySet<string>,
): void {
  const there = new Set(files.in("receipts"));
  const wanted = new Set(expected.map(({ request }) => receiptFile(request)));
  for (const name of wanted)
    if (!there.has(name)) throw new BundleFault("incomplete", name, "The request ended, and its receipt is not there.");
  for (const name of there) if (!wanted.has(name)) throw new BundleFault("receipt_invalid", name, "No entry says that this request ended.");
  const all = new Set(ended.map(({ request }) => request));
  const unknown = [...missing].find((request) => !all.has(request));
  if (unknown !== undefined)
    throw new BundleFault("incomplete", BUNDLE_FILES.manifest, `No entry says that ${unknown} ended, whose receipt is said to be missing.`);
}

/** Also the one that was in force at the beginning: the newest before the first leaf, whose version is one less than the first that was published then. */
function demandPolicies(policies: BundleVerdict["policies"], needed: ReadonlySet<number>, { first }: Manifest): void {
  const there = new Set(policies.map(({ version }) => version));
  const lacking = [...needed].find((version) => !there.has(version));
  if (lacking !== undefined) throw new BundleFault("incomplete", policyFile(lacking), "The policy of this version is not there.");
  const after = policies.find(({ index }) => index >= first.size);
  const before = policies.findLast(({ index }) => index < first.size);
  if (after !== undefined && before !== undefined && before.version !== after.version - 1)
    throw new BundleFault("incomplete", policyFile(after.version - 1), "The policy in force at the beginning is not there.");
}
