/**
 * Makes an evidence bundle (docs/formats.md, "Evidence bundle"), piece by piece: a page of leaves or a few receipts are in memory, never
 * the bundle. What is given out is checked first; the log's signature comes last, so that a bundle that broke off has none.
 */
import { b64, type Bytes, equal, hashing, hex, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize, type Hashable } from "#countersign/json/canonical-json.ts";
import { BUNDLE_FILES, type ListedFile, type Manifest, policyFile, receiptFile } from "#countersign/evidence/bundle-format.ts";
import { requestOfKey, requestKey } from "#countersign/documents/leaf-key.ts";
import { leafEntry, type LogRecord } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { formatCheckpoint } from "#countersign/tlog/checkpoint.ts";
import { CompactRange } from "#countersign/tlog/compact-range.ts";
import { leafHash } from "#countersign/tlog/merkle.ts";
import { auditorReadme, controlsDocument, controlsText } from "#rules/evidence/auditor-readme.ts";
import { bundledReceipts } from "./bundled-receipts.ts";
import type { EvidenceLeaf, EvidencePorts } from "./evidence-ports.ts";
import { type BundlePlan, type PlannedTree, treeInManifest } from "./plan-bundle.ts";
import { provenRecords } from "./proven-records.ts";

/** For whom, and whether that person may read every request. */
export interface BundleReader {
  by: Manifest["generated_by"];
  scope: Manifest["scope"];
}

/** The next bytes of a file. All of one file come together, in their order. */
export interface BundlePiece {
  name: string;
  bytes: Bytes;
}

/** Leaves read at once. */
const PAGE = 1_000;

/** What the leaves say that more is told of. */
interface Seen {
  ended: string[];
  policies: Set<number>;
}

export async function* bundlePieces(plan: BundlePlan, { by, scope }: BundleReader, ports: EvidencePorts): AsyncGenerator<BundlePiece> {
  const { period, log, first, last, signed, note } = plan;
  const told = {
    origin: ports.origin,
    log,
    ...period,
    first: treeInManifest(first),
    last: treeInManifest(last),
    generated_at: timestamp(ports.now()),
    generated_by: by,
    scope,
  };
  const files: ListedFile[] = [];
  const missing: Manifest["missing_receipts"] = [];
  const seen: Seen = { ended: [], policies: new Set() };
  const unsigned = (tree: PlannedTree) => formatCheckpoint({ origin: log, ...tree });

  yield* listed(files, BUNDLE_FILES.readme, [auditorReadme(told)]);
  yield* listed(files, BUNDLE_FILES.controlsText, [controlsText()]);
  yield* listed(files, BUNDLE_FILES.controls, [canonicalize(controlsDocument() as Hashable)]);
  yield* listed(files, BUNDLE_FILES.first, [unsigned(first)]);
  yield* listed(files, BUNDLE_FILES.last, [unsigned(last)]);
  yield* listed(files, BUNDLE_FILES.signed, [note]);
  yield* listed(files, BUNDLE_FILES.consistency, [canonicalize(plan.consistency)]);
  yield* listed(files, BUNDLE_FILES.entries, entryLines(plan, scope, seen, ports));
  for await (const { request, content, missing: reason, policy } of bundledReceipts(seen.ended, { note, size: signed.size }, ports)) {
    if (policy !== null) seen.policies.add(policy);
    if (reason !== null) missing.push({ request, reason });
    if (content !== null) yield* listed(files, receiptFile(request), [content]);
  }
  yield* policyFiles(files, plan, seen.policies, ports);
  const enrolments = await ports.evidence.enrolments(last.size);
  yield* listed(files, BUNDLE_FILES.enrolments, provenLines(provenRecords(enrolments, note, ports.reader)));

  const manifest: Manifest = {
    type: "countersign/evidence-bundle@v1",
    ...told,
    signed: treeInManifest(signed),
    missing_receipts: missing,
    files: files.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  };
  const manifestBytes = utf8(canonicalize(manifest));
  yield { name: BUNDLE_FILES.manifest, bytes: manifestBytes };
  const hash = hashing();
  hash.add(manifestBytes);
  yield { name: BUNDLE_FILES.note, bytes: utf8(await ports.log.signEvidence(hex(hash.end()))) };
}

/** A file for the manifest's list, once all of it was given out. A file is there also if it is empty. */
async function* listed(files: ListedFile[], name: string, texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<BundlePiece> {
  const hash = hashing();
  let size = 0;
  yield { name, bytes: utf8("") };
  for await (const text of texts) {
    const bytes = utf8(text);
    hash.add(bytes);
    size += bytes.length;
    yield { name, bytes };
  }
  files.push({ name, sha256: hex(hash.end()), size });
}

/** Every leaf between the two trees, a page at a time. Throws if they are not what is signed for. */
async function* entryLines(
  { first, last, edge }: BundlePlan,
  scope: Manifest["scope"],
  seen: Seen,
  ports: EvidencePorts,
): AsyncGenerator<string> {
  const range = CompactRange.of(first.size, edge);
  if (range === null) throw new Error("the edge of a tree does not fit it");
  while (range.size < last.size) {
    const count = Math.min(PAGE, last.size - range.size);
    const leaves = await ports.evidence.leaves(range.size, count);
    let lines = "";
    for (const leaf of leaves) {
      if (leaf.index !== range.size) throw new Error(`leaf ${range.size} is not in the database`);
      range.append(leafHash(leaf.entry));
      lines += entryLine(leaf, scope, seen);
    }
    if (leaves.length !== count) throw new Error(`the database lacks leaves of a tree of ${last.size}`);
    yield lines;
  }
  if (!equal(range.root(), last.root)) throw new Error(`the leaves up to ${last.size} do not lead to its root`);
}

/** What is under no request's key, and tells of single requests and calls all the same. */
const OF_SINGLE_CALLS: ReadonlySet<LogRecord["kind"]> = new Set(["challenge.consumed", "calls.logged", "grant.used", "pattern.denied"]);

/** Shown, or withheld: what was erased, and what agents did for who may not read all of that. Nobody learns which of the two. */
function entryLine(leaf: EvidenceLeaf, scope: Manifest["scope"], seen: Seen): string {
  const { index, key, entry, record, salt } = leaf;
  const request = requestOfKey(key);
  const withheld = `{"index":${index},"leaf_hash":"${b64(leafHash(entry))}"}\n`;
  const isShown = scope === "everything" || request === null;
  if (record === null || salt === null || !isShown) return withheld;
  const parsed = JSON.parse(record) as LogRecord;
  if (!equal(leafEntry(parsed, salt), entry)) throw new Error(`leaf ${index} is not of the record beside it`);
  if (scope !== "everything" && OF_SINGLE_CALLS.has(parsed.kind)) return withheld;
  if (request !== null && key === requestKey(request, "final")) seen.ended.push(request);
  if (parsed.kind === "policy.published") seen.policies.add(parsed.version);
  return `{"index":${index},"record":${record},"salt":"${salt}"}\n`;
}

/** The policies that the leaves or receipts name, and the one that was in force at the beginning. */
async function* policyFiles(
  files: ListedFile[],
  { first, last, note }: BundlePlan,
  named: ReadonlySet<number>,
  ports: EvidencePorts,
): AsyncGenerator<BundlePiece> {
  const published = await ports.evidence.policies(last.size);
  const atFirst = published.findLast(({ index }) => index < first.size);
  const wanted = published.filter(({ version }) => named.has(version) || version === atFirst?.version);
  const versionAt = new Map(wanted.map(({ index, version }) => [index, version]));
  for await (const { index, record, salt, proof } of provenRecords([...versionAt.keys()], note, ports.reader)) {
    const version = versionAt.get(index) as number;
    const document = await ports.evidence.policyDocument(version);
    if (document === null) throw new Error(`policy ${version} is in the log, and not in the database`);
    const file = {
      type: "countersign/evidence-bundle-policy@v1",
      published: { record, salt, proof },
      document: JSON.parse(document) as Hashable,
    };
    yield* listed(files, policyFile(version), [canonicalize(file)]);
  }
}

async function* provenLines(leaves: ReturnType<typeof provenRecords>): AsyncGenerator<string> {
  for await (const { record, salt, proof } of leaves) yield `${canonicalize({ record, salt, proof })}\n`;
}
