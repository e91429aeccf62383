/**
 * The leaves of a bundle: with the right edge of the first tree they make up the last, so that none was taken away, added, moved or
 * changed; and the last leads to the signed checkpoint.
 */
import { b64, type Bytes, equal, fromB64, hex } from "../encoding/bytes.ts";
import { leafEntry, type LogRecord } from "../documents/record.ts";
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import { CompactRange } from "../tlog/compact-range.ts";
import { leafHash, verifyConsistency } from "../tlog/merkle.ts";
import { BUNDLE_FILES, type BundleEntry, type Manifest, MAX_BUNDLE_LEAVES, readConsistencyFile, readEntry } from "./bundle-format.ts";
import { BundleFault } from "./bundle-verdict.ts";
import type { CheckedFiles } from "./checked-files.ts";

/** An entry with its record. */
export interface ShownLeaf {
  index: number;
  record: LogRecord;
}

export interface CountedEntries {
  shown: number;
  withheld: number;
  kinds: Record<string, number>;
}

/** `onShown` is told of each leaf whose record is there; only once this has ended are they known to be the log's. */
export async function verifyEntries(
  files: CheckedFiles,
  manifest: Manifest,
  signed: Checkpoint,
  onShown: (leaf: ShownLeaf) => void,
): Promise<CountedEntries> {
  const first = await treeOf(files, BUNDLE_FILES.first, manifest.log, manifest.first);
  const last = await treeOf(files, BUNDLE_FILES.last, manifest.log, manifest.last);
  const grows = first.size <= last.size && last.size <= signed.size && last.size - first.size <= MAX_BUNDLE_LEAVES;
  if (!grows)
    throw new BundleFault("malformed", BUNDLE_FILES.manifest, "Its trees do not follow each other, or are further apart than any.");
  const range = await startingAt(files, first, last, signed);

  const counted: CountedEntries = { shown: 0, withheld: 0, kinds: {} };
  for await (const line of files.lines(BUNDLE_FILES.entries)) {
    const entry = readEntry(line);
    if (!entry.ok) throw misfit(`Line ${range.size - first.size + 1} is no entry: ${entry.refusal}.`);
    if (range.size === last.size) throw misfit("There are more entries than leaves between the two checkpoints.");
    if (entry.value.index !== range.size) throw misfit(`The entry of leaf ${range.size} is not in its place.`);
    range.append(hashOf(entry.value, manifest.log));
    if ("leaf_hash" in entry.value) counted.withheld += 1;
    else {
      const { index, record } = entry.value;
      counted.shown += 1;
      counted.kinds[record.kind] = (counted.kinds[record.kind] ?? 0) + 1;
      onShown({ index, record });
    }
  }
  if (range.size !== last.size) throw misfit("There are fewer entries than leaves between the two checkpoints.");
  if (!equal(range.root(), last.root)) throw misfit("The entries do not lead to the root of the last checkpoint.");
  return counted;
}

const misfit = (message: string): BundleFault => new BundleFault("entries_mismatch", BUNDLE_FILES.entries, message);

function hashOf(entry: BundleEntry, log: string): Bytes {
  if ("leaf_hash" in entry) return fromB64(entry.leaf_hash) as Bytes;
  if (entry.record.log !== log) throw misfit(`The record of leaf ${entry.index} is of another log.`);
  return leafHash(leafEntry(entry.record, entry.salt));
}

/** A tree that a file of the bundle names, which nobody has signed by itself. */
async function treeOf(files: CheckedFiles, name: string, log: string, { size, root }: Manifest["first"]): Promise<Checkpoint> {
  const content = await files.text(name);
  const tree = parseCheckpoint(content);
  if (!tree.ok || tree.value.origin !== log || formatCheckpoint(tree.value) !== content)
    throw new BundleFault("malformed", name, "It is not a checkpoint of the log, without signatures.");
  if (tree.value.size !== size || hex(tree.value.root) !== root)
    throw new BundleFault("malformed", name, "It is another tree than the manifest names.");
  return tree.value;
}

/** The first tree, once its edge has its root, and it is shown that the last extends it, and the signed one that. */
async function startingAt(files: CheckedFiles, first: Checkpoint, last: Checkpoint, signed: Checkpoint): Promise<CompactRange> {
  const file = BUNDLE_FILES.consistency;
  const fault = (message: string) => new BundleFault("entries_mismatch", file, message);
  const read = readConsistencyFile(await files.text(file));
  if (!read.ok) throw new BundleFault("malformed", file, `It does not have its format: ${read.refusal}.`);
  const bytes = (hashes: readonly string[]) => hashes.map((hash) => fromB64(hash) as Bytes);
  const range = CompactRange.of(first.size, bytes(read.value.edge));
  if (range === null || b64(range.root()) !== b64(first.root)) throw fault("The edge of the first tree does not have its root.");
  const extend = (old: Checkpoint, now: Checkpoint, path: readonly string[]) =>
    verifyConsistency({ oldSize: old.size, oldRoot: old.root, size: now.size, root: now.root, path: bytes(path) });
  if (!extend(first, last, read.value.first_to_last)) throw fault("The last tree is not shown to extend the first.");
  if (!extend(last, signed, read.value.last_to_signed)) throw fault("The signed checkpoint is not shown to extend the last tree.");
  return range;
}
