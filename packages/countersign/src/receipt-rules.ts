/**
 * What the parts of a receipt must say of each other (docs/formats.md, "Receipt"): one function a rule, each gives the
 * failure or null. The log's leaves and checkpoint are ../verifier.ts, which also says in which order the rules hold.
 */
import { isChainOf } from "./documents/agents/chain.ts";
import { checkAssertion } from "./webauthn/assertion.ts";
import { fromB64u, hex, sha256 } from "./encoding/bytes.ts";
import { parseCoseKey } from "./webauthn/cose-key.ts";
import { requestMet } from "./quorum.ts";
import { type Basis, type Decision, decisionsOf, ENDED_BY } from "./documents/record.ts";
import type { Receipt, ReceiptFailure, ReceiptFailureCode, ReceiptV2 } from "./documents/receipt.ts";
import {
  couldDecide,
  denialsOf,
  eligibleFrom,
  isV2,
  payloadHash,
  requestHash,
  slotsOf,
  usableUntil,
  chainIn,
} from "./documents/request.ts";
import { batchChallenge, decisionChallenge, saltedTextHash, statementHash, type Verdict } from "./documents/statement.ts";

/** By whom decisions are believed to be signed: for each person id, SHA-256 of their COSE_Keys in hexadecimal. */
export type Approvers = ReadonlyMap<string, ReadonlySet<string>>;

const failure = (code: ReceiptFailureCode, message: string): ReceiptFailure => ({ code, message });

/** SHA-256 of the COSE_Key (b64u), in hexadecimal. */
export const keyFingerprint = (publicKey: string): string => hex(sha256(fromB64u(publicKey) ?? new Uint8Array()));

/**
 * Ids of those who signed this verdict, and when, each public key counted once: two people who signed with one key are whoever holds
 * it. A key has one encoding (webauthn/cose-key.ts), which `assertionFailure` has seen to.
 */
function signersOf({ final, passkeys }: Receipt, verdict: Verdict): Map<string, string> {
  const signers = new Map<string, [string, string]>();
  for (const { statement, credential_id, at } of decisionsOf(final.record)) {
    const key = enrolmentOf(passkeys, credential_id)?.credential.public_key ?? credential_id;
    if (statement.verdict === verdict && !signers.has(key)) signers.set(key, [statement.approver.id, at]);
  }
  return new Map(signers.values());
}

const enrolmentOf = (passkeys: Receipt["passkeys"], credentialId: string) =>
  passkeys.find(({ record }) => record.credential.id === credentialId)?.record;

/** The payload is the one that the request commits to; of one that is not in the receipt nothing is said. */
export function payloadFailure({ payload, final }: Receipt): ReceiptFailure | null {
  if (payload === null || payloadHash(payload) === final.record.request.payload_hash) return null;
  return failure("payload_mismatch", "The payload is not the one that the request commits to.");
}

/** Request, chain of agents, statements, comments, redemption and outcome belong together. */
export function statementFailure(receipt: Receipt): ReceiptFailure | null {
  const { request } = receipt.final.record;
  const chain = chainIn(request);
  if (chain.length > 0 && !isChainOf(chain, request.requested_by))
    return failure("statement_mismatch", "The chain of agents does not end with the one that asked.");
  const decisions = decisionsOf(receipt.final.record);
  const expected = requestHash(request);
  const isForeign = (one: { request_hash: string; payload_hash: string }) =>
    one.request_hash !== expected || one.payload_hash !== request.payload_hash;
  const foreign = decisions.find(({ statement }) => isForeign(statement));
  if (foreign)
    return failure("statement_mismatch", `The statement of ${foreign.statement.approver.username} is about another request or payload.`);
  const unnamed = decisions.find(({ statement, batch }) => batch && !batch.statements.includes(statementHash(statement)));
  if (unnamed)
    return failure("statement_mismatch", `${unnamed.statement.approver.username} signed several decisions at once, and not this one.`);
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
  return "steps" in receipt ? furtherMismatch(receipt) : null;
}

/** What only a receipt of version 2 holds. */
function furtherMismatch({ detail, outcome, policy, final }: ReceiptV2): ReceiptFailure | null {
  const { version, hash } = final.record.request.policy;
  if (policy !== null && (policy.record.version !== version || policy.record.hash !== hash))
    return failure("statement_mismatch", "The policy is not the one that the request was judged by.");
  if (detail !== null && outcome?.record.detail_hash !== saltedTextHash("countersign/detail/v1", detail.salt, detail.text))
    return failure("statement_mismatch", "The detail is not one that the outcome commits to.");
  return null;
}

/**
 * Each decision's assertion is by the enrolled key, over this statement, at the trusted origin. Decisions whose key is not
 * in the receipt are left to `enrolmentFailure`.
 */
export async function assertionFailure({ final, passkeys }: Receipt, origin: string): Promise<ReceiptFailure | null> {
  const { request } = final.record;
  if (request.origin !== origin) return failure("assertion_invalid", `The request was made at ${request.origin}, not at ${origin}.`);
  for (const decision of decisionsOf(final.record)) {
    const { statement, credential_id, assertion } = decision;
    const credential = enrolmentOf(passkeys, credential_id)?.credential;
    if (credential === undefined) continue;
    const publicKey = credential.public_key;
    const key = parseCoseKey(fromB64u(publicKey) ?? new Uint8Array());
    const checked = await checkAssertion({ assertion, challenge: challengeOf(decision, origin), origin, publicKey });
    const refusal = key.ok && key.value.alg !== credential.alg ? "wrong-algorithm" : checked.ok ? null : checked.refusal;
    if (refusal !== null) {
      return failure("assertion_invalid", `The passkey signature of ${statement.approver.username} does not hold (${refusal}).`);
    }
  }
  return null;
}

/** What a decision's assertion is over. */
export const challengeOf = ({ statement, batch }: Decision, origin: string) =>
  batch ? batchChallenge(origin, statement.approver, batch) : decisionChallenge(statement);

/** The passkeys are those of the decisions, each once and enrolled for that person, and the ones that are trusted if any are named. */
export function enrolmentFailure({ final, passkeys }: Receipt, approvers: Approvers | undefined): ReceiptFailure | null {
  const decisions = decisionsOf(final.record);
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
  const { record } = receipt.final;
  const { kind, request } = record;
  const status = kind.slice("approval.".length);
  const mismatch = (message: string) => failure("verdict_mismatch", message);
  if (receipt.redeemed !== null && !isApproval(kind)) return mismatch(`A request that was ${status} cannot be redeemed.`);
  if (kind === "approval.auto_approved") {
    const isRisky = record.basis === "timeout" && record.request.context.risk?.level !== "low";
    return isRisky ? mismatch("Nothing passes for want of an answer unless its risk is low.") : null;
  }
  const { ended_by, decisions } = record;
  if (!ENDED_BY[kind].includes(ended_by)) return mismatch(`No request is ${status} by ${ended_by}.`);
  const denials = decisions.filter(isDenial).length;
  if (kind === "approval.denied" && (denials !== denialsOf(request) || !isDenial(decisions.at(-1))))
    return mismatch(`A denied request ends with ${isV2(request) ? "the last denial that it takes" : "one denial"}, and holds no other.`);
  if (kind !== "approval.denied" && denials >= denialsOf(request)) return mismatch(`A request that was denied is recorded as ${status}.`);
  if (kind === "approval.expired" && requestMet(request, signersOf(receipt, "approved")))
    return mismatch("A request that enough people approved is recorded as expired.");
  const people = new Set(decisions.map(({ statement }) => statement.approver.id));
  return isV2(request) && people.size < decisions.length ? mismatch("Somebody has decided twice.") : null;
}

const isDenial = (decision: Decision | undefined): boolean => decision?.statement.verdict === "denied";

const isApproval = (kind: Receipt["final"]["record"]["kind"]): boolean => kind === "approval.approved" || kind === "approval.auto_approved";

/**
 * Approved by distinct eligible people in every seat, with distinct keys; denied by as many eligible people as it takes; or let pass
 * where nobody is asked. Nobody whom the request keeps out has a say.
 */
export function quorumFailure(receipt: Receipt): ReceiptFailure | null {
  const { record } = receipt.final;
  const { kind, request } = record;
  const notMet = (message: string) => failure("quorum_not_met", message);
  const passes = kind === "approval.auto_approved" && record.basis !== "timeout";
  if ((request.quorum.length === 0) !== passes)
    return notMet("Nobody is asked where people have to be, or people are where nobody has to be.");
  const decisions = decisionsOf(record);
  const people = new Set(decisions.map(({ statement }) => statement.approver.id));
  const [approvers, deniers] = [signersOf(receipt, "approved"), signersOf(receipt, "denied")];
  const hint = people.size > approvers.size + deniers.size ? " Two of them signed with one key, which counts once." : "";
  if (kind === "approval.approved" && !requestMet(request, approvers))
    return notMet(`The people who approved are not enough for what the request asks.${hint}`);
  if (kind === "approval.denied" && deniers.size < denialsOf(request)) return notMet(`The people who denied are not enough.${hint}`);
  const from = eligibleFrom(slotsOf(request));
  const isStranger = (one: Decision) => isDenial(one) && !couldDecide(from, one.statement.approver.id, one.at);
  if (decisions.some(isStranger)) return notMet("The person who denied was not eligible to decide.");
  const keptOut = (isV2(request) && request.context.separation?.people) || [];
  return keptOut.some((one) => from.has(one) || people.has(one)) ? notMet("Somebody has a say whom the request keeps out.") : null;
}

/** Times compare as strings. */
export function timesFailure({ final, redeemed, outcome }: Receipt): ReceiptFailure | null {
  const { record } = final;
  const { request, kind, at } = record;
  const { requested_at, expires_at, use_by } = request;
  const decided = decisionsOf(record).map((decision) => decision.at);
  const isAfter = kind === "approval.expired" || (kind === "approval.auto_approved" && record.basis === "timeout");
  const isBefore = kind === "approval.auto_approved" && !isAfter;
  const inOrder =
    requested_at < expires_at &&
    expires_at <= use_by &&
    isInOrder([requested_at, ...decided, at]) &&
    [...decided, ...(isBefore ? [at] : [])].every((time) => time < expires_at) &&
    (!isAfter || at >= expires_at) &&
    slotsOf(request).every(({ escalations }) => {
      const steps = escalations.map(({ from }) => from);
      return isInOrder(steps) && steps.every((from) => requested_at < from && from < expires_at);
    }) &&
    (redeemed === null || (at <= redeemed.record.at && redeemed.record.at <= usableUntil(request, at))) &&
    (outcome === null || at <= outcome.record.at);
  return inOrder
    ? null
    : failure("times_out_of_order", "The times of request, decisions, end and use are not in the order in which they must be.");
}

const isInOrder = (times: readonly string[]): boolean => times.every((time, index) => index === 0 || (times[index - 1] as string) <= time);

/** Of what passed without people: whoever relies on it has to say that this is enough. */
export function basisFailure({ final: { record } }: Receipt, allowed: readonly Basis[] = []): ReceiptFailure | null {
  if (!("basis" in record) || allowed.includes(record.basis)) return null;
  return failure("basis_not_allowed", `It passed without people, by ${record.basis}, which has to be allowed by name.`);
}
