/**
 * Evidence against a log (docs/formats.md, "Evidence"): two checkpoints that one key has signed and that cannot both be of one
 * append-only log. Whoever trusts the key needs nothing else to see it. Finding it is for those who read logs.
 */
import { type Bytes, equal, fromB64, fromHex } from "../encoding/bytes.ts";
import { parseJson } from "../json/canonical-json.ts";
import { accept, refuse, type Result } from "../result.ts";
import { fit, list, matching, nullable, object, type Of, oneOf, text } from "../json/shape.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { verifyConsistency } from "./merkle.ts";
import type { VerifierKey } from "./note.ts";
import { verifyCheckpoint } from "./verify-checkpoint.ts";

const TYPE = "countersign/evidence@v1";
/** Of the whole text, in UTF-16 code units: two of the longest notes, however they are escaped, and the longest proof. */
const MAX_LENGTH = 2 * 1024 * 1024;
/** Hashes in a proof; no tree of a safe integer's size needs more. */
const MAX_PATH = 54;

const evidenceShape = object({
  type: oneOf(TYPE),
  /** Signed notes, verbatim. */
  smaller: text(1),
  larger: text(1),
  /** What `larger` commits to at the size of `smaller`, in hexadecimal; null between equal sizes. */
  root: nullable(matching(/^[0-9a-f]{64}$/, "SHA-256 in lowercase hexadecimal")),
  /** That `larger` extends `root`, hashes in base64 as RFC 6962 orders them; empty between equal sizes. */
  consistency: list(matching(/^[A-Za-z0-9+/]{43}=$/, "32 bytes in base64"), 0, MAX_PATH),
});
export type Evidence = Of<typeof evidenceShape>;

/** What the evidence proves that the log has signed. */
export interface Contradiction {
  key: VerifierKey;
  smaller: Checkpoint;
  larger: Checkpoint;
  /** What `larger` has at the size of `smaller`, and it is not the root of `smaller`. */
  root: Bytes;
}

export interface EvidenceFailure {
  code: "malformed" | "not_signed" | "not_proven";
  /** One sentence. */
  message: string;
}

/** The text of an evidence file. Nothing is checked: see verifyEvidence. */
export const makeEvidence = (evidence: Omit<Evidence, "type">): string => `${JSON.stringify({ type: TYPE, ...evidence }, null, 2)}\n`;

/** Reads an evidence file: strict JSON with exactly these members, of at most 2,097,152 UTF-16 code units. */
export function parseEvidence(content: string): Result<Evidence, EvidenceFailure> {
  if (content.length > MAX_LENGTH) return malformed(`it has more than ${MAX_LENGTH} characters`);
  const json = parseJson(content);
  if (!json.ok) return malformed(`it is not acceptable JSON: ${json.refusal.message} (${json.refusal.place})`);
  const evidence = fit(evidenceShape, json.value);
  return evidence.ok ? evidence : malformed(evidence.refusal);
}

const malformed = (message: string): { ok: false; refusal: EvidenceFailure } =>
  refuse({ code: "malformed", message: `The file is no evidence: ${message}.` });
const notProven = (message: string): { ok: false; refusal: EvidenceFailure } => refuse({ code: "not_proven", message });

/**
 * 1. One trusted key has signed both checkpoints, and is named as the log of both.
 * 2. What the larger one commits to at the smaller one's size follows from its signed root.
 * 3. That is not what the smaller one says.
 */
export async function verifyEvidence(content: string, keys: readonly VerifierKey[]): Promise<Result<Contradiction, EvidenceFailure>> {
  const evidence = parseEvidence(content);
  if (!evidence.ok) return evidence;

  // 1.
  const signed = await findSigner(evidence.value, keys);
  if (signed === null) return refuse({ code: "not_signed", message: "No key that you trust has signed both checkpoints for its log." });
  const { smaller, larger } = signed;
  if (smaller.size > larger.size) return malformed("the smaller checkpoint is the larger one");

  // 2.
  const root = committedRoot(evidence.value, smaller.size, larger);
  if (root === null) return notProven("What the larger checkpoint holds at the size of the smaller one does not follow from its root.");

  // 3.
  if (equal(root, smaller.root)) return notProven("The checkpoints do not contradict each other: the larger one extends the smaller one.");
  return accept({ ...signed, root });
}

async function findSigner({ smaller, larger }: Evidence, keys: readonly VerifierKey[]): Promise<Omit<Contradiction, "root"> | null> {
  for (const key of keys) {
    const [one, other] = await Promise.all([smaller, larger].map((note) => verifyCheckpoint(note, { logKeys: [key], policy: null })));
    if (one?.ok && other?.ok) return { key, smaller: one.value, larger: other.value };
  }
  return null;
}

/** The root of the tree's first `size` leaves, as it follows from the root of `larger`; null if it does not. */
function committedRoot(evidence: Evidence, size: number, larger: Checkpoint): Bytes | null {
  if (size === larger.size) return evidence.root === null && evidence.consistency.length === 0 ? larger.root : null;
  const root = fromHex(evidence.root ?? "");
  const path = evidence.consistency.map((hash) => fromB64(hash) ?? new Uint8Array());
  const follows = root !== null && verifyConsistency({ oldSize: size, oldRoot: root, size: larger.size, root: larger.root, path });
  return follows ? root : null;
}
