/**
 * What the parts of a receipt must say of each other (docs/formats.md, "Receipt"): one function a rule, each gives the
 * failure or null. The log's leaves and checkpoint are ../verifier.ts, which also says in which order the rules hold.
 */
import { checkAssertion } from "./webauthn/assertion.ts";
import { fromB64u, hex, sha256 } from "./encoding/bytes.ts";
import { parseCoseKey } from "./webauthn/cose-key.ts";
import { quorumMet } from "./quorum.ts";
import { ENDED_BY } from "./documents/record.ts";
import type { Receipt, ReceiptFailure, ReceiptFailureCode } from "./documents/receipt.ts";
import { payloadHash, requestHash } from "./documents/request.ts";
import { decisionChallenge, saltedTextHash, type Verdict } from "./documents/statement.ts";

/** By whom decisions are believed to be signed: for each person id, SHA-256 of their COSE_Keys in hexadecimal. */
export type Approvers = ReadonlyMap<string, ReadonlySet<string>>;

const failure = (code: ReceiptFailureCode, message: string): ReceiptFailure => ({ code, message });

/** SHA-256 of the COSE_Key (b64u), in hexadecimal. */
export const keyFingerprint = (publicKey: string): string => hex(sha256(fromB64u(publicKey) ?? new Uint8Array()));

/**
 * Ids of those who signed this verdict, each public key counted once: two people who signed with one key are whoever holds it.
 * A key has one encoding (webauthn/cose-key.ts), which `assertionFailure` has seen to.
 */
function signersOf({ final, passkeys }: Receipt, verdict: Verdict): Set<string> {
  const signers = new Map<string, string>();
  for (const { statement, credential_id } of final.record.decisions) {
    const key = enrolmentOf(passkeys, credential_id)?.credential.public_key ?? credential_id;
    if (statement.verdict === verdict && !signers.has(key)) signers.set(key, statement.approver.id);
  }
  return new Set(signers.values());
}

const enrolmentOf = (passkeys: Receipt["passkeys"], credentialId: string) =>
  passkeys.find(({ record }) => record.credential.id === credentialId)?.record;

/** The payload is the one that the request commits to; of one that is not in the receipt nothing is said. */
export function payloadFailure({ payload, final }: Receipt): ReceiptFailure | null {
  if (payload === null || payloadHash(payload) === final.record.request.payload_hash) return null;
  return failure("payload_mismatch", "The payload is not the one that the request commits to.");
}

/** Request, statements, comments, redemption and outcome belong together. */
export function statementFailure(receipt: Receipt): ReceiptFailure | null {
  const { request, decisions } = receipt.final.record;
  const expected = requestHash(request);
  const isForeign = (one: { request_hash: string; payload_hash: string }) =>
    one.request_hash !== expected || one.payload_hash !== request.payload_hash;
  const foreign = decisions.find(({ statement }) => isForeign(statement));
  if (foreign)
    return failure("statement_mismatch", `The statement of ${foreign.statement.approver.username} is about another request or payload.`);
  const unopened = decisions.map(({ statement }) => statement.comment_hash);
  for (const { text, salt } of receipt.comments) {
    const opened = unopened.indexOf(saltedTextHash("countersign/comment/v1", salt, text));
    if (opened < 0) return failure("statement_mismatch", "A comment is not one that a decision commits to.");
    unopened.splice(opened, 1);
  }
  const redeemed = receipt.redeemed?.record;
  if (redeemed && (isForeign(redeemed) || redeemed.redeemed_by.id !== request.requested_by.id)) {
    return failure("statement_mismatch", "What was redeemed is another request or payload, or was redeemed by another agent.");
  }
  if (receipt.outcome && receipt.outcome.record.request_hash !== expected) {
    return failure("statement_mismatch", "The outcome is that of another request.");
  }
  return null;
}

/**
 * Each decision's assertion is by the enrolled key, over this statement, at the trusted origin. Decisions whose key is not
 * in the receipt are left to `enrolmentFailure`.
 */
export async function assertionFailure({ final, passkeys }: Receipt, origin: string): Promise<ReceiptFailure | null> {
  const { request, decisions } = final.record;
  if (request.origin !== origin) return failure("assertion_invalid", `The request was made at ${request.origin}, not at ${origin}.`);
  for (const { statement, credential_id, assertion } of decisions) {
    const credential = enrolmentOf(passkeys, credential_id)?.credential;
    if (credential === undefined) continue;
    const publicKey = credential.public_key;
    const key = parseCoseKey(fromB64u(publicKey) ?? new Uint8Array());
    const checked = await checkAssertion({ assertion, challenge: decisionChallenge(statement), origin, publicKey });
    const refusal = key.ok && key.value.alg !== credential.alg ? "wrong-algorithm" : checked.ok ? null : checked.refusal;
    if (refusal !== null) {
      return failure("assertion_invalid", `The passkey signature of ${statement.approver.username} does not hold (${refusal}).`);
    }
  }
  return null;
}

/** The passkeys are those of the decisions, each once and enrolled for that person, and the ones that are trusted if any are named. */
export function enrolmentFailure({ final, passkeys }: Receipt, approvers: Approvers | undefined): ReceiptFailure | null {
  const { decisions } = final.record;
  for (const { statement, credential_id } of decisions) {
    const { approver } = statement;
    const enrolment = enrolmentOf(passkeys, credential_id);
    if (enrolment === undefined) return failure("not_enrolled", `The receipt lacks the enrolment of the passkey of ${approver.username}.`);
    if (enrolment.person.id !== approver.id || enrolment.person.username !== approver.username) {
      return failure("not_enrolled", `The passkey that signed for ${approver.username} is enrolled for ${enrolment.person.username}.`);
    }
    if (approvers !== undefined && !approvers.get(approver.id)?.has(keyFingerprint(enrolment.credential.public_key))) {
      return failure("not_enrolled", `The passkey of ${approver.username} (${approver.id}) is not one you trust.`);
    }
  }
  if (passkeys.length > new Set(decisions.map((one) => one.credential_id)).size) {
    return failure("not_enrolled", "The receipt has an enrolment twice, or one of a passkey that signed nothing.");
  }
  return null;
}

/** Verdicts, kind and `ended_by` agree, and only what was approved was redeemed. */
export function verdictFailure(receipt: Receipt): ReceiptFailure | null {
  const { final, redeemed } = receipt;
  const { kind, ended_by, decisions, request } = final.record;
  const status = kind.slice("approval.".length);
  if (!ENDED_BY[kind].includes(ended_by)) return failure("verdict_mismatch", `No request is ${status} by ${ended_by}.`);
  const firstDenial = decisions.findIndex(({ statement }) => statement.verdict === "denied");
  if (kind === "approval.denied" && (firstDenial < 0 || firstDenial !== decisions.length - 1)) {
    return failure("verdict_mismatch", "A denied request ends with one denial, and holds no other.");
  }
  if (kind !== "approval.denied" && firstDenial >= 0)
    return failure("verdict_mismatch", `A request that was denied is recorded as ${status}.`);
  if (kind === "approval.expired" && quorumMet(request.quorum, signersOf(receipt, "approved"))) {
    return failure("verdict_mismatch", "A request that enough people approved is recorded as expired.");
  }
  if (redeemed !== null && kind !== "approval.approved")
    return failure("verdict_mismatch", `A request that was ${status} cannot be redeemed.`);
  return null;
}

/** Approved by distinct eligible people in every seat, with distinct keys; denied by somebody eligible. */
export function quorumFailure(receipt: Receipt): ReceiptFailure | null {
  const { kind, decisions, request } = receipt.final.record;
  const signers = signersOf(receipt, "approved");
  if (kind === "approval.approved" && !quorumMet(request.quorum, signers)) {
    const hasSharedKey = new Set(decisions.map(({ statement }) => statement.approver.id)).size > signers.size;
    const hint = hasSharedKey ? " Two of them signed with one key, which counts once." : "";
    return failure("quorum_not_met", `The people who approved are not enough for what the request asks.${hint}`);
  }
  const [denier] = signersOf(receipt, "denied");
  if (denier !== undefined && !request.quorum.some(({ eligible }) => eligible.includes(denier))) {
    return failure("quorum_not_met", "The person who denied was not eligible to decide.");
  }
  return null;
}

/** Times compare as strings. */
export function timesFailure({ final, redeemed, outcome }: Receipt): ReceiptFailure | null {
  const { request, decisions, kind, at } = final.record;
  const { requested_at, expires_at, use_by } = request;
  const decided = decisions.map((decision) => decision.at);
  const sequence = [requested_at, ...decided, at];
  const inOrder =
    requested_at < expires_at &&
    expires_at <= use_by &&
    sequence.every((time, index) => index === 0 || (sequence[index - 1] as string) <= time) &&
    decided.every((time) => time < expires_at) &&
    (kind !== "approval.expired" || at >= expires_at) &&
    (redeemed === null || (at <= redeemed.record.at && redeemed.record.at <= use_by)) &&
    (outcome === null || at <= outcome.record.at);
  return inOrder
    ? null
    : failure("times_out_of_order", "The times of request, decisions, end and use are not in the order in which they must be.");
}
