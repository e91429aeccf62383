/**
 * Verifies a receipt offline (docs/formats.md, "Receipt"): from the payload up to the signed root of the log, with nothing
 * fetched. What is trusted is an argument. Runs in Node, Workers and browsers.
 */
import { rpIdOf } from "./core/assertion.ts";
import { hex } from "./core/bytes.ts";
import type { Receipt, ReceiptFailure, ReceiptFailureCode } from "./core/receipt.ts";
import {
  type Approvers,
  assertionFailure,
  enrolmentFailure,
  keyFingerprint,
  payloadFailure,
  quorumFailure,
  statementFailure,
  timesFailure,
  verdictFailure,
} from "./core/receipt-rules.ts";
import { leafEntry } from "./core/record.ts";
import { accept, refuse, type Result } from "./core/result.ts";
import { type ApprovalRequest, saltedTextHash, type Statement } from "./core/statement.ts";
import { type Checkpoint, parseCheckpoint } from "./tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "./tlog/merkle.ts";
import { type Note, parseNote, parseVkey, verifyNote } from "./tlog/note.ts";
import { parseProof } from "./tlog/proof.ts";

export { parseReceipt, type Receipt, RECEIPT_CHECKS, type ReceiptFailure, type ReceiptFailureCode } from "./core/receipt.ts";

/** What the verifier takes for true; everything else it checks. */
export interface Trust {
  /** The log's verifier key, `<origin line>+<key id>+<key>`. */
  vkey: string;
  /** Where decisions are made, such as `https://gate.example.com`. */
  origin: string;
  /** If given, every decision must be by one of these people with one of these keys. Otherwise the log's operator is believed. */
  approvers?: Approvers;
}

export type CallStatus = "succeeded" | "failed" | "unknown";
export type Status = "approved" | "denied" | "expired" | "cancelled";

/** What a receipt proves, as far as the trust that was given. */
export interface Verdict {
  status: Status;
  endedBy: Receipt["final"]["record"]["ended_by"];
  endedAt: string;
  request: ApprovalRequest;
  decisions: VerifiedDecision[];
  redeemed: { at: string; by: { id: string; name: string } } | null;
  outcome: { at: string; status: CallStatus } | null;
  /** On whose word the keys are those people's. */
  keys: "named by the verifier" | "as enrolled by this operator";
  log: { origin: string; size: number; /** Hexadecimal. */ root: string; /** Index of the final record's leaf. */ index: number };
}

export interface VerifiedDecision {
  person: Statement["approver"];
  verdict: Statement["verdict"];
  at: string;
  /** Null if there was none, or if it was erased since. */
  comment: string | null;
  commentErased: boolean;
  /** SHA-256 of the COSE_Key, hexadecimal. */
  keyFingerprint: string;
}

/** People and their keys as they are typed, `usr_…=<SHA-256>` each; what is not of that form is left for `trustProblem` to name. */
export function readApprovers(typed: readonly string[]): Approvers {
  const approvers = new Map<string, Set<string>>();
  for (const one of typed) {
    const [person = "", ...fingerprint] = one.split("=");
    const known = approvers.get(person) ?? new Set();
    approvers.set(person, known.add(fingerprint.join("=")));
  }
  return approvers;
}

/** What is wrong with the arguments, null if they can be used. */
export function trustProblem({ vkey, origin, approvers }: Trust): string | null {
  if (!parseVkey(vkey).ok) return "the log key is not an Ed25519 verifier key such as gate.example.com/log+1a2b3c4d+AZ…";
  if (rpIdOf(origin) === null) return "the origin is not of the form https://gate.example.com";
  for (const [person, fingerprints] of approvers ?? []) {
    if (!/^usr_[A-Za-z0-9_-]+$/.test(person)) return `${person} is not a person's id`;
    for (const one of fingerprints) if (!/^[0-9a-f]{64}$/.test(one)) return `${one} is not a SHA-256 in lowercase hexadecimal`;
  }
  return null;
}

/**
 * Checks everything that a receipt claims, in this order, and gives the first failure; `onHolds` is told of each check that
 * holds before it. Throws if the trust cannot be used (see `trustProblem`).
 */
export async function verifyReceipt(
  receipt: Receipt,
  trust: Trust,
  onHolds: (check: ReceiptFailureCode) => void = () => {},
): Promise<Result<Verdict, ReceiptFailure>> {
  const problem = trustProblem(trust);
  if (problem !== null) throw new TypeError(problem);
  const inside: readonly [ReceiptFailureCode, () => ReceiptFailure | null | Promise<ReceiptFailure | null>][] = [
    ["payload_mismatch", () => payloadFailure(receipt)],
    ["statement_mismatch", () => statementFailure(receipt)],
    ["assertion_invalid", () => assertionFailure(receipt, trust.origin)],
    ["not_enrolled", () => enrolmentFailure(receipt, trust.approvers)],
    ["verdict_mismatch", () => verdictFailure(receipt)],
    ["quorum_not_met", () => quorumFailure(receipt)],
    ["times_out_of_order", () => timesFailure(receipt)],
  ];
  for (const [check, findFailure] of inside) {
    const failure = await findFailure();
    if (failure !== null) return refuse(failure);
    onHolds(check);
  }
  const log = findInLog(receipt);
  if (!log.ok) return log;
  onHolds("not_included");
  const unsigned = await signatureFailure(log.value, trust.vkey);
  if (unsigned !== null) return refuse(unsigned);
  onHolds("checkpoint_invalid");
  return accept(verdictOf(receipt, trust, log.value));
}

const notIncluded = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "not_included", message });
const checkpointInvalid = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "checkpoint_invalid", message });

/** The log as the receipt shows it; nothing about its signatures is verified yet. */
interface ClaimedLog {
  note: Note;
  checkpoint: Checkpoint;
  /** Index of the final record's leaf. */
  index: number;
}

/** All leaves of the receipt are under the root of one checkpoint of the log that they name, enrolments first, use last. */
function findInLog({ final, passkeys, redeemed, outcome }: Receipt): Result<ClaimedLog, ReceiptFailure> {
  const finalProof = parseProof(final.proof);
  if (!finalProof.ok) return notIncluded("The proof of the final record cannot be read.");
  const { checkpoint: signed, index } = finalProof.value;
  const note = parseNote(signed);
  if (!note.ok) return checkpointInvalid("The checkpoint is not a signed note.");
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpointInvalid("The signed note is not a checkpoint.");

  const indices: number[] = [];
  for (const { record, salt, proof } of [...passkeys, final, redeemed, outcome].filter((leaf) => leaf !== null)) {
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
  const enrolledBefore = indices.slice(0, passkeys.length).every((enrolled) => enrolled < index);
  const usedAfter = indices.slice(passkeys.length).every((place, later, all) => later === 0 || (all[later - 1] as number) < place);
  if (!enrolledBefore || !usedAfter) return notIncluded("The records are not in the log in the order of what they tell.");
  return accept({ note: note.value, checkpoint: checkpoint.value, index });
}

/** The trusted key is the log's own, and has signed the checkpoint. */
async function signatureFailure({ note, checkpoint }: ClaimedLog, vkey: string): Promise<ReceiptFailure | null> {
  const key = parseVkey(vkey);
  if (!key.ok) throw new TypeError("not a verifier key");
  if (key.value.name !== checkpoint.origin) {
    return {
      code: "checkpoint_invalid",
      message: `The checkpoint is of the log ${checkpoint.origin}, the trusted key is of ${key.value.name}.`,
    };
  }
  const verified = await verifyNote(note, [key.value]);
  return verified.ok ? null : { code: "checkpoint_invalid", message: "The checkpoint is not signed with the trusted log key." };
}

function verdictOf({ final, passkeys, comments, redeemed, outcome }: Receipt, trust: Trust, log: ClaimedLog): Verdict {
  const { record } = final;
  const textOf = new Map(comments.map(({ text, salt }) => [saltedTextHash("countersign/comment/v1", salt, text), text]));
  const keyOf = new Map(passkeys.map(({ record: { credential } }) => [credential.id, credential.public_key]));
  return {
    status: record.kind.slice("approval.".length) as Status,
    endedBy: record.ended_by,
    endedAt: record.at,
    request: record.request,
    decisions: record.decisions.map(({ at, statement, credential_id }) => ({
      person: statement.approver,
      verdict: statement.verdict,
      at,
      comment: textOf.get(statement.comment_hash ?? "") ?? null,
      commentErased: statement.comment_hash !== null && !textOf.has(statement.comment_hash),
      keyFingerprint: keyFingerprint(keyOf.get(credential_id) ?? ""),
    })),
    redeemed: redeemed && { at: redeemed.record.at, by: redeemed.record.redeemed_by },
    outcome: outcome && { at: outcome.record.at, status: outcome.record.kind.slice("call.".length) as CallStatus },
    keys: trust.approvers === undefined ? "as enrolled by this operator" : "named by the verifier",
    log: { origin: log.checkpoint.origin, size: log.checkpoint.size, root: hex(log.checkpoint.root), index: log.index },
  };
}
