/**
 * Verifies a receipt offline (docs/formats.md, "Receipt"): from the payload up to the signed root of the log, with nothing
 * fetched. What is trusted is an argument. Runs in Node, Workers and browsers.
 */
import { rpIdOf } from "./webauthn/assertion.ts";
import { hex } from "./encoding/bytes.ts";
import { formFailure, type Receipt, RECEIPT_CHECKS, type ReceiptFailure, type ReceiptFailureCode } from "./documents/receipt.ts";
import {
  type Approvers,
  assertionFailure,
  basisFailure,
  enrolmentFailure,
  keyFingerprint,
  payloadFailure,
  quorumFailure,
  statementFailure,
  timesFailure,
  verdictFailure,
} from "./receipt-rules.ts";
import { type Basis, type CallOutcome, decisionsOf, type EndedBy, leafEntry } from "./documents/record.ts";
import { accept, refuse, type Result } from "./result.ts";
import { eligibleFrom, isV2, type RequestContext, type RequestDocument, slotsOf } from "./documents/request.ts";
import { saltedTextHash, type Statement } from "./documents/statement.ts";
import { type Checkpoint, parseCheckpoint } from "./tlog/checkpoint.ts";
import { leafHash, verifyInclusion } from "./tlog/merkle.ts";
import { parseNote, parseVkey } from "./tlog/note.ts";
import type { WitnessPolicy } from "./tlog/witness-policy.ts";
import { parseProof } from "./tlog/proof.ts";
import { type LogTrust, type UnverifiedCheckpoint, type VerifiedCheckpoint, verifyCheckpoint } from "./tlog/verify-checkpoint.ts";

export {
  MAX_RECEIPT_BYTES,
  parseReceipt,
  type Receipt,
  RECEIPT_CHECKS,
  RECEIPT_TOO_LARGE,
  type ReceiptFailure,
  type ReceiptFailureCode,
} from "./documents/receipt.ts";

/** What the verifier takes for true; everything else it checks. */
export interface Trust {
  /** The log's verifier key, `<origin line>+<key id>+<key>`. May be left out if the policy lists logs: then it is any of those. */
  vkey?: string;
  /** Where decisions are made, such as `https://gate.example.com`. */
  origin: string;
  /** If given, every decision must be by one of these people with one of these keys. Otherwise the log's operator is believed. */
  approvers?: Approvers;
  /** If given, its witnesses must have cosigned the checkpoint. */
  policy?: WitnessPolicy;
  /** What besides people may have let it pass; if not given, nothing. */
  allowBasis?: readonly Basis[];
}

export type Status = "approved" | "denied" | "expired" | "cancelled";

/** What a receipt proves, as far as the trust that was given. */
export interface ReceiptVerdict {
  status: Status;
  /** Of what passed without people its basis. */
  endedBy: EndedBy | Basis;
  /** What the end rests on: signatures, or what let it pass without people. */
  basis: "passkeys" | Basis;
  endedAt: string;
  request: RequestDocument;
  /** The rule of the policy that it was judged by, and the policy's version. */
  rule: string;
  policyVersion: number;
  /** Whether the gate itself makes the call that this is about, and not the agent. */
  runByTheGate: boolean;
  /** As the policy judged it; null if it does not say. */
  risk: NonNullable<RequestContext["risk"]> | null;
  /** Whether the payload is in the receipt. One that the service did not keep is known by its hash alone, `request.payload_hash`. */
  payloadIsKept: boolean;
  decisions: VerifiedDecision[];
  redeemed: { at: string; by: { id: string; name: string } } | null;
  /** `detail`: what the agent said about it; null if it said nothing, or that is not in the receipt. */
  outcome: { at: string; status: CallOutcome; detail: string | null } | null;
  /** On whose word the keys are those people's. */
  keys: "named by the verifier" | "as enrolled by this operator";
  log: { origin: string; size: number; /** Hexadecimal. */ root: string; /** Index of the final record's leaf. */ index: number };
  /** Who of the policy's witnesses has cosigned the checkpoint, by the names of their keys, and when by their clocks; null without policy. */
  witnesses: { name: string; /** Since the epoch. */ timeSeconds: number }[] | null;
}

export interface VerifiedDecision {
  person: Statement["approver"];
  verdict: Statement["verdict"];
  at: string;
  /** From when on this person could decide; null if that is from the beginning, or never. */
  eligibleFrom: string | null;
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

/** What is wrong with what is said of the log and its witnesses, null if it can be used. */
export function logTrustProblem({ vkey, policy }: Pick<Trust, "vkey" | "policy">): string | null {
  const logs = policy?.logs ?? [];
  if (vkey === undefined && logs.length === 0) return "no log key is given, and no policy that lists a log";
  if (vkey !== undefined && !parseVkey(vkey).ok)
    return "the log key is not an Ed25519 verifier key such as gate.example.com/log+1a2b3c4d+AZ…";
  if (vkey !== undefined && logs.length > 0 && !logs.some((log) => log.vkey === vkey)) return "the log key is none of those in the policy";
  return null;
}

/** What is wrong with the arguments, null if they can be used. */
export function trustProblem({ origin, approvers, ...log }: Trust): string | null {
  const problem = logTrustProblem(log);
  if (problem !== null) return problem;
  if (rpIdOf(origin) === null) return "the origin is not of the form https://gate.example.com";
  for (const [person, fingerprints] of approvers ?? []) {
    if (!/^usr_[A-Za-z0-9_-]+$/.test(person)) return `${person} is not a person's id`;
    for (const one of fingerprints) if (!/^[0-9a-f]{64}$/.test(one)) return `${one} is not a SHA-256 in lowercase hexadecimal`;
  }
  return null;
}

/** The checks that are made under this trust, in their order: without policy nobody looks for witnesses. */
export const checksUnder = ({ policy }: Trust): ReceiptFailureCode[] =>
  RECEIPT_CHECKS.filter((check) => check !== "witnesses_missing" || policy !== undefined);

/** Whose signatures under a checkpoint are believed. Throws if the key is none. */
export function logTrustOf({ vkey, policy }: Pick<Trust, "vkey" | "policy">): LogTrust {
  const given = vkey === undefined ? null : parseVkey(vkey);
  if (given?.ok === false) throw new TypeError("not a verifier key");
  return { logKeys: given === null ? (policy?.logs ?? []).map(({ key }) => key) : [given.value], policy: policy ?? null };
}

/**
 * Checks everything that a receipt claims, in this order, and gives the first failure; `onHolds` is told of each check that
 * holds before it. Throws if the trust cannot be used (see `trustProblem`).
 */
export async function verifyReceipt(
  receipt: Receipt,
  trust: Trust,
  onHolds: (check: ReceiptFailureCode) => void = () => {},
): Promise<Result<ReceiptVerdict, ReceiptFailure>> {
  const problem = trustProblem(trust);
  if (problem !== null) throw new TypeError(problem);
  const unfit = formFailure(receipt);
  if (unfit !== null) return refuse(unfit);
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
  const { text, index } = log.value;
  const signed = await verifyCheckpoint(text, logTrustOf(trust));
  if (!signed.ok) {
    const failure = checkpointFailure(signed.refusal, log.value.origin);
    if (failure.code === "witnesses_missing") onHolds("checkpoint_invalid");
    return refuse(failure);
  }
  onHolds("checkpoint_invalid");
  if (trust.policy !== undefined) onHolds("witnesses_missing");
  const basis = basisFailure(receipt, trust.allowBasis);
  if (basis !== null) return refuse(basis);
  onHolds("basis_not_allowed");
  return accept(verdictOf(receipt, trust, { ...signed.value, index }));
}

const notIncluded = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "not_included", message });
const checkpointInvalid = (message: string): { ok: false; refusal: ReceiptFailure } => refuse({ code: "checkpoint_invalid", message });

/** The log as the receipt shows it; nothing about its signatures is verified yet. */
interface ClaimedLog extends Checkpoint {
  /** The signed note. */
  text: string;
  /** Index of the final record's leaf. */
  index: number;
}

/** All leaves of the receipt are under the root of one checkpoint of the log that they name, what it rests on first, use last. */
function findInLog(receipt: Receipt): Result<ClaimedLog, ReceiptFailure> {
  const { final, passkeys, redeemed, outcome } = receipt;
  const before = [...passkeys, ...("policy" in receipt && receipt.policy !== null ? [receipt.policy] : [])];
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
  return accept({ ...checkpoint.value, text: signed, index });
}

/** Why a checkpoint of the log with that origin line is not believed. */
export function checkpointFailure(
  refusal: UnverifiedCheckpoint,
  origin: string,
): { code: "checkpoint_invalid" | "witnesses_missing"; message: string } {
  switch (refusal) {
    case "malformed-note":
    case "too-many-signatures":
    case "malformed-checkpoint":
      return { code: "checkpoint_invalid", message: "The checkpoint cannot be read." };
    case "unknown-log":
      return { code: "checkpoint_invalid", message: `The checkpoint is of the log ${origin}, whose key is not the one you trust.` };
    case "bad-signature":
    case "no-known-signature":
      return { code: "checkpoint_invalid", message: "The checkpoint is not signed with the trusted log key." };
    case "bad-cosignature":
      return { code: "witnesses_missing", message: "The signature of one of the policy's witnesses under the checkpoint does not hold." };
    case "witnesses-missing":
      return { code: "witnesses_missing", message: "The checkpoint is not cosigned by as many witnesses as the policy asks for." };
  }
}

type VerifiedLog = VerifiedCheckpoint & Pick<ClaimedLog, "index">;

function verdictOf(receipt: Receipt, { approvers, policy }: Trust, log: VerifiedLog): ReceiptVerdict {
  const { payload, final, passkeys, comments, redeemed, outcome } = receipt;
  const { record } = final;
  const { request } = record;
  const basis = "basis" in record ? record.basis : null;
  const from = eligibleFrom(slotsOf(request));
  const textOf = new Map(comments.map(({ text, salt }) => [saltedTextHash("countersign/comment/v1", salt, text), text]));
  const keyOf = new Map(passkeys.map(({ record: { credential } }) => [credential.id, credential.public_key]));
  return {
    status: basis === null ? (record.kind.slice("approval.".length) as Status) : "approved",
    endedBy: "ended_by" in record ? record.ended_by : record.basis,
    basis: basis ?? "passkeys",
    endedAt: record.at,
    request,
    rule: request.policy.rule,
    policyVersion: request.policy.version,
    runByTheGate: isV2(request) && request.context.source === "call",
    risk: (isV2(request) && request.context.risk) || null,
    payloadIsKept: payload !== null,
    decisions: decisionsOf(record).map(({ at, statement, credential_id }) => ({
      person: statement.approver,
      verdict: statement.verdict,
      at,
      eligibleFrom: from.get(statement.approver.id) || null,
      comment: textOf.get(statement.comment_hash ?? "") ?? null,
      commentErased: statement.comment_hash !== null && !textOf.has(statement.comment_hash),
      keyFingerprint: keyFingerprint(keyOf.get(credential_id) ?? ""),
    })),
    redeemed: redeemed && { at: redeemed.record.at, by: redeemed.record.redeemed_by },
    outcome: outcome && {
      at: outcome.record.at,
      status: outcome.record.kind.slice("call.".length) as CallOutcome,
      detail: ("detail" in receipt && receipt.detail?.text) || null,
    },
    keys: approvers === undefined ? "as enrolled by this operator" : "named by the verifier",
    log: { origin: log.origin, size: log.size, root: hex(log.root), index: log.index },
    witnesses: policy === undefined ? null : log.cosignatures.map(({ key: { name }, timeSeconds }) => ({ name, timeSeconds })),
  };
}
