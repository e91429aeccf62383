/** A person decides: the one way into `approved` and `denied`. */
import { type AcceptedDecision, type ApprovalState, notBefore, type TransitionRefusal, transition } from "#rules/approval.ts";
import { eligiblePeople, isV2 } from "#countersign/documents/request.ts";
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import { type Assertion, batchShape, type Decision } from "#countersign/documents/record.ts";
import { fit } from "#countersign/json/shape.ts";
import { outlivesItsLog } from "#rules/log-end.ts";
import { coolingMs } from "#rules/talk/cool-down.ts";
import { checkProposal, type OtherPayloadRefusal, type OtherPayload, withProposal } from "#rules/talk/proposal.ts";
import { type PickRefusal, pickRefusal } from "#rules/talk/number-match.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { GrantChoice } from "#countersign/grants/choose-grant.ts";
import {
  type Batch,
  batchChallenge,
  buildStatement,
  decisionChallenge,
  type Statement,
  statementHash,
  type Verdict,
} from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { type BatchRefusal, mayBeInBatch } from "./may-be-in-batch.ts";
import { grantOfDecision, type GrantRefusal } from "./grant-of-decision.ts";
import type { ApprovalPorts } from "./object-ports.ts";
import {
  applyChange,
  applyEvent,
  type Changed,
  haltOf,
  HALTED,
  type Judgement,
  type PastChanging,
  standingNow,
} from "./approval-object.ts";
import type { PasskeyRefusal } from "#gate/passkeys/prove-passkey.ts";
import { spendableNonce, withoutNonce } from "./page-nonce.ts";

/** What a browser sends. An attacker controls all of it but the person, who is the session's. */
export interface SignedDecision {
  person: { id: string; username: string };
  nonce: string;
  verdict: Verdict;
  /** Empty for none. */
  comment: string;
  /** b64u. */
  credentialId: string;
  assertion: Assertion;
  /** What else the same assertion is under, this very decision among it; left out or null of one that is signed by itself. */
  batch?: Batch | null;
  /** The number that was picked; null or left out for none. */
  match?: string | null;
  /** What is proposed with a denial; null or left out for nothing. */
  proposed?: OtherPayload | null;
  /** What else is to pass from then on; null, or left out by a Worker of an earlier version, for nothing. */
  grant?: GrantChoice | null;
}

export type DecisionRefusal =
  | TransitionRefusal
  | PastChanging
  | AlreadyTaken
  | BatchRefusal
  | { reason: "not-in-this-batch" }
  | PickRefusal
  | OtherPayloadRefusal
  | { reason: "wrong-number"; isLast: boolean }
  | { reason: "cooling-down"; retryAfter: number }
  | { reason: "log-ended" | "unknown-request" | "nonce-unknown" | "agent-revoked" | "agent-stopped" }
  | GrantRefusal
  | PasskeyRefusal;

/** This very decision was taken before: whoever got no answer, and sends the same again, learns that it counted. */
interface AlreadyTaken {
  reason: "already-final" | "already-decided";
  taken: Verdict;
}

/**
 * Checks one assertion of one person's passkey, online and offline; the passkey's standing is read from the D1 primary. `counted`: that
 * took a write as well.
 */
export interface AssertionVerifier {
  verify(claim: {
    personId: string;
    credentialId: string;
    challenge: Bytes;
    origin: string;
    assertion: Assertion;
  }): Promise<Result<{ counted: boolean }, PasskeyRefusal>>;
}

/**
 * 1. The approval is pending, the person is eligible, and has picked a number where one has to be; 2. the nonce was made for this person
 * here, is fresh and unspent; 3. the statement is rebuilt from what is stored, with a grant only as far as one may be given, and is in the
 * batch that it was signed in, if it was; 4. the assertion is checked, while it is read how everybody stands; 5. read again, decide and
 * write, which is the wrong pick and no decision where another number was picked than the agent shows; 6. unless the agent stands no more,
 * or was stopped since: then the request is cancelled instead. The caller then brings the approval up to date, which logs its end: a
 * failure there loses nothing.
 */
export async function recordDecision(
  signed: SignedDecision,
  ports: ApprovalPorts,
  verifier: AssertionVerifier,
): Promise<Result<null, DecisionRefusal>> {
  const approval = ports.store.read();
  if (approval === null || !eligiblePeople(approval.request, timestamp(ports.now())).has(signed.person.id))
    return refuse({ reason: "unknown-request" }); // 1
  const taken = takenBefore(approval, signed);
  if (approval.ending !== null) return refuse({ reason: "already-final", ...taken });

  const unpicked = refusedPick(approval, signed);
  if (unpicked !== null) return refuse(unpicked);
  const { proposed = null } = signed;
  const proposable = checkProposal(approval, signed.verdict, proposed);
  if (!proposable.ok) return proposable;

  const nonce = spendableNonce(ports.store.readNonces(), signed.nonce, signed.person.id, ports.now()); // 2
  if (nonce === null) return refuse(taken === null ? { reason: "nonce-unknown" } : { reason: "already-decided", ...taken });

  const grant = await grantOfDecision(signed, approval, ports);
  if (!grant.ok) return grant;
  const statement = buildStatement(approval.request, {
    verdict: signed.verdict,
    approver: signed.person,
    comment: signed.comment,
    commentSalt: nonce.commentSalt,
    nonce: nonce.nonce,
    grant: grant.value,
  }); // 3

  const within = batchOf(signed, approval, statement);
  if (!within.ok) return within;
  const batch = within.value;

  const signature = { statement, credential_id: signed.credentialId, assertion: signed.assertion };
  const reading = standingNow(ports, [signature]);
  // Should it fail, whoever awaits it hears of that; a signature that is not taken needs nobody to.
  reading.catch(() => {});
  const checked = await verifier.verify({
    personId: signed.person.id,
    credentialId: signed.credentialId,
    challenge: batch === null ? decisionChallenge(statement) : batchChallenge(approval.request.origin, statement.approver, batch),
    origin: approval.request.origin,
    assertion: signed.assertion,
  }); // 4
  if (!checked.ok) return checked;

  const decision: AcceptedDecision = {
    ...signature,
    ...(isV2(approval.request) && { batch }),
    at: timestamp(ports.now()),
    comment: signed.comment === "" ? null : { text: signed.comment, salt: nonce.commentSalt },
  };
  const change = (current: ApprovalState, judgement: Judgement): Result<Changed, DecisionRefusal> => {
    if (judgement.halted !== null) return refuse({ reason: HALTED[judgement.halted] });
    const nonces = ports.store.readNonces();
    if (spendableNonce(nonces, nonce.nonce, signed.person.id, judgement.nowMs) === null) return refuse({ reason: "nonce-unknown" });
    if (outlivesItsLog(current, judgement.log)) return refuse({ reason: "log-ended" });
    const refused = signed.verdict === "approved" ? coolingDown(current, judgement) : null;
    if (refused !== null) return refuse(refused);
    const decided = transition(current, { type: "decide", decision }, judgement);
    if (!decided.ok) return decided;
    const togetherNow = batch === null ? accept(null) : mayBeInBatch(current, { personId: signed.person.id, verdict: signed.verdict });
    if (!togetherNow.ok) return togetherNow;
    const unpickedNow = refusedPick(current, signed);
    if (unpickedNow !== null) return refuse(unpickedNow);
    wrong = wrongPick(current, signed, judgement.nowMs);
    const salt = b64u(ports.random(32));
    const next = wrong ?? withProposal(decided.value, signed.person, proposed, { ...judgement, salt });
    return accept({ approval: next, nonces: withoutNonce(nonces, nonce.nonce) });
  };
  let wrong: ApprovalState | null = null;
  // What was read while a counter was being written does not tell of a revocation meanwhile.
  const next = await applyChange(ports, [decision], change, checked.value.counted ? undefined : reading); // 5
  if (next === null) return refuse({ reason: "unknown-request" });
  const halt = next.ok ? undefined : haltOf(next.refusal.reason);
  if (halt !== undefined) await applyEvent(ports, { type: "cancel", by: halt, reason: null }); // 6
  if (!next.ok) return next;
  return wrong === null ? accept(null) : refuse({ reason: "wrong-number", isLast: mayOnlyDeny(next.value, signed.person.id) });
}

/** Why this cannot be approved with the number that was picked, before it is looked at; null if it can, and for a denial. */
const refusedPick = ({ match }: ApprovalState, { verdict, person, match: pick = null }: SignedDecision): PickRefusal | null =>
  verdict === "denied" || match === undefined ? null : pickRefusal(match, person.id, pick);

const mayOnlyDeny = ({ match }: ApprovalState, personId: string): boolean =>
  match !== undefined && pickRefusal(match, personId, match.code)?.reason === "only-deny";

/** The approval with this pick noted, where an approval came with another number than the agent shows; null where it did not. */
function wrongPick(approval: ApprovalState, { verdict, person, match: pick }: SignedDecision, nowMs: number): ApprovalState | null {
  const { match } = approval;
  if (verdict === "denied" || match === undefined || pick === match.code) return null;
  const by = { id: person.id, username: person.username };
  return { ...approval, match: { ...match, wrong: [...match.wrong, { by, at: notBefore(approval, nowMs) }] } };
}

/** Somebody has denied something of this agent a moment ago, here or elsewhere. */
function coolingDown(
  { request, decisions }: ApprovalState,
  { deniedAt, nowMs }: Judgement,
): (DecisionRefusal & { reason: "cooling-down" }) | null {
  const here = decisions.flatMap(({ statement, at }) => (statement.verdict === "denied" ? [at] : []));
  const leftMs = coolingMs(request, deniedAt === null ? here : [...here, deniedAt], nowMs);
  return leftMs === 0 ? null : { reason: "cooling-down", retryAfter: Math.ceil(leftMs / 1_000) };
}

/** What was decided under this nonce, if it was, and in this batch or by itself as it is now. */
function takenBefore({ decisions }: ApprovalState, { nonce, person, batch = null }: SignedDecision): Pick<AlreadyTaken, "taken"> | null {
  const found = decisions.find(({ statement }) => statement.nonce === nonce && statement.approver.id === person.id);
  return found === undefined || (found.batch?.nonce ?? null) !== (batch?.nonce ?? null) ? null : { taken: found.statement.verdict };
}

/**
 * The batch that a decision was signed in, null if by itself. Each request rebuilds its own statement, so that one assertion counts once in
 * each request that its batch names, under the nonce that this request made, and in no other.
 */
function batchOf(
  { batch = null, person, verdict }: SignedDecision,
  approval: ApprovalState,
  statement: Statement,
): Result<NonNullable<Decision["batch"]> | null, BatchRefusal | { reason: "not-in-this-batch" }> {
  if (batch === null) return accept(null);
  const may = mayBeInBatch(approval, { personId: person.id, verdict });
  if (!may.ok) return may;
  const read = fit(batchShape, { nonce: batch.nonce, statements: [...batch.statements] });
  return read.ok && read.value.statements.includes(statementHash(statement)) ? read : refuse({ reason: "not-in-this-batch" });
}
