/**
 * What an evidence bundle is made of (docs/formats.md, "Evidence bundle"): the names of its files, and the shapes of those that are
 * read by programs. Making one is the service's, checking one is verify-bundle.ts.
 */
import { canonicalize, parseJson } from "../json/canonical-json.ts";
import { anyObject, fit, integer, isObject, list, nullable, object, oneOf, type Of, type Shape, text } from "../json/shape.ts";
import { fromB64 } from "../encoding/bytes.ts";
import { provenLeaf } from "../documents/receipt.ts";
import { recordOfKind, recordShapes } from "../documents/record.ts";
import { base64url, hash, personId, requestId, time, username } from "../documents/words.ts";
import { refuse, type Result } from "../result.ts";

/** The files of a bundle that there is one of each. Their order here is the one they are written in; those between have names of their own. */
export const BUNDLE_FILES = {
  readme: "README.md",
  controlsText: "controls.md",
  controls: "controls.json",
  first: "checkpoints/first",
  last: "checkpoints/last",
  signed: "checkpoints/signed",
  consistency: "consistency.json",
  entries: "entries.ndjson",
  enrolments: "enrolments.ndjson",
  manifest: "manifest.json",
  note: "manifest.note",
} as const;

export const receiptFile = (request: string): string => `receipts/${request}.json`;
export const policyFile = (version: number): string => `policies/${version}.json`;

/** Files in a bundle; far more than leaves that one may span would need. */
export const MAX_BUNDLE_FILES = 20_000;
/** Of what is read as a whole: the manifest, a policy. */
export const MAX_BUNDLE_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** Leaves between the two checkpoints of a bundle. */
export const MAX_BUNDLE_LEAVES = 100_000;
/** Receipts in a bundle: each costs the service a question to the request's own object. */
export const MAX_BUNDLE_RECEIPTS = 2_500;

const head = object({ size: integer(0), root: hash });
const listedFile = object({ name: text(1, 200), sha256: hash, size: integer(0) });

/** What is withheld besides what was erased: `without-requests` withholds every record of a request, or of single calls, from who may not read all of them. */
export const BUNDLE_SCOPES = ["everything", "without-requests"] as const;

/** Why the receipt of a request that ended within a bundle is not in it. */
export const MISSING_RECEIPTS = ["erased", "not-available"] as const;

const manifestShape = object({
  type: oneOf("countersign/evidence-bundle@v1"),
  /** Of the service. */
  origin: text(1),
  /** The log's origin line. */
  log: text(1),
  /** As asked for; null for the log's beginning, and for its newest state. */
  from: nullable(time),
  to: nullable(time),
  first: head,
  last: head,
  /** The signed checkpoint, which both lead to. */
  signed: head,
  generated_at: time,
  generated_by: object({ id: personId, username }),
  scope: oneOf(...BUNDLE_SCOPES),
  missing_receipts: list(object({ request: requestId, reason: oneOf(...MISSING_RECEIPTS) }), 0, MAX_BUNDLE_RECEIPTS),
  /** Every file but the manifest and its note, in the order of their names. */
  files: list(listedFile, 0, MAX_BUNDLE_FILES),
});
export type Manifest = Of<typeof manifestShape>;
export type ListedFile = Of<typeof listedFile>;

const hashText: Shape<string> = (value, path) => {
  const given = text(44, 44)(value, path);
  return fromB64(given)?.length === 32 ? given : text(0, 0)(value, path);
};
const path64 = list(hashText, 0, 64);

const consistencyShape = object({
  type: oneOf("countersign/evidence-bundle-consistency@v1"),
  /** The complete subtrees of the first tree, from left to right. */
  edge: path64,
  first_to_last: path64,
  last_to_signed: path64,
});
export type BundleConsistency = Of<typeof consistencyShape>;

const anyRecord = recordOfKind(...(Object.keys(recordShapes) as (keyof typeof recordShapes)[]));
const shownEntry = object({ index: integer(0), record: anyRecord, salt: base64url(32) });
const withheldEntry = object({ index: integer(0), leaf_hash: hashText });

/** A leaf: its record and salt; or its hash alone, of which nobody learns what kind it is. */
export type BundleEntry = Of<typeof shownEntry> | Of<typeof withheldEntry>;
const entryShape: Shape<BundleEntry> = (value, path) =>
  isObject(value) && Object.hasOwn(value, "leaf_hash") ? withheldEntry(value, path) : shownEntry(value, path);

const enrolmentShape = provenLeaf(recordOfKind("passkey.enrolled"));

const policyShape = object({
  type: oneOf("countersign/evidence-bundle-policy@v1"),
  published: provenLeaf(recordOfKind("policy.published")),
  /** What was published, as it was read: its hash is that of the record. */
  document: anyObject,
});

/** Reads a document of that shape: canonical JSON, every member there and no other. So a changed spelling is a changed document. */
function reader<T>(shape: Shape<T>): (content: string) => Result<T, string> {
  return (content) => {
    const json = parseJson(content);
    if (!json.ok) return refuse(`${json.refusal.message} (${json.refusal.place})`);
    return canonicalize(json.value) === content ? fit(shape, json.value) : refuse("it is not canonical JSON");
  };
}

export const readManifest = reader(manifestShape);
export const readConsistencyFile = reader(consistencyShape);
export const readEntry = reader(entryShape);
export const readEnrolment = reader(enrolmentShape);
export const readPolicyFile = reader(policyShape);
