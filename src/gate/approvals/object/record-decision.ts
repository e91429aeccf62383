/** A person decides: the one way into `approved` and `denied`. */
import { type AcceptedDecision, type ApprovalState, type TransitionRefusal, transition } from "#rules/approval.ts";
import { eligiblePeople, isV2 } from "#countersign/documents/request.ts";
import type { Bytes } from "#countersign/encoding/bytes.ts";
import { type Assertion, batchShape, type Decision } from "#countersign/documents/record.ts";
import { fit } from "#countersign/json/shape.ts";
import { outlivesItsLog } from "#rules/log-end.ts";
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
  /** What else is to pass from then on; null, or left out by a Worker of an earlier version, for nothing. */
  grant?: GrantChoice | null;
}

export type DecisionRefusal =
  | TransitionRefusal
  | PastChanging
  | AlreadyTaken
  | BatchRefusal
  | { reason: "not-in-this-batch" }
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
 * 1. The approval is pending and the person is eligible; 2. the nonce was made for this person here, is fresh and unspent;
 * 3. the statement is rebuilt from what is stored, with a grant only as far as one may be given, and is in the batch that it was signed
 * in, if it was; 4. the assertion is checked, while it is read how everybody stands; 5. read again,
 * decide and write; 6. unless the agent stands no more, or was stopped since: then the request is cancelled instead. The caller then brings the approval up to date, which logs its
 * end: a failure there loses nothing.
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
    const decided = transition(current, { type: "decide", decision }, judgement);
    return decided.ok ? accept({ approval: decided.value, nonces: withoutNonce(nonces, nonce.nonce) }) : decided;
  };
  // What was read while a counter was being written does not tell of a revocation meanwhile.
  const next = await applyChange(ports, [decision], change, checked.value.counted ? undefined : reading); // 5
  if (next === null) return refuse({ reason: "unknown-request" });
  const halt = next.ok ? undefined : haltOf(next.refusal.reason);
  if (halt !== undefined) await applyEvent(ports, { type: "cancel", by: halt, reason: null }); // 6
  return next.ok ? accept(null) : next;
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
