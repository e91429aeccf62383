/**
 * The state machine of one request: pending -> approved | denied | expired | cancelled. Pure: the clock, the salt and
 * who still stands are arguments. Who may call, checking signatures and storing are elsewhere; what an approval is used
 * for is redemption.ts; how facts get into the log is logged-facts.ts.
 */
import type { Fact, Words } from "./fact.ts";
import type { CountsAs } from "./one-person-a-key.ts";
import { requestMet } from "#countersign/quorum.ts";
import { type Basis, type Decision, type EndedBy, type FinalRecord, type RecordOf, seal } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { denialsOf, eligiblePeople, isV2, type RequestDocument, requestHash, slotsOf } from "#countersign/documents/request.ts";
import { type Verdict } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { CallToSend } from "./calls/gated-call.ts";
import type { UsedGrant } from "./grants/serving.ts";
import type { JudgedBy } from "./policies/judged.ts";
import type { NumberMatch } from "./talk/number-match.ts";
import { lastSaidAt, type SaidBefore } from "./talk/said-before-end.ts";

export type FinalStatus = "approved" | "denied" | "expired" | "cancelled";

/** A decision with the words it commits to, which are kept apart so that they can be erased. */
export interface AcceptedDecision extends Decision {
  comment: Words | null;
}

export interface Ending extends Fact<FinalRecord> {
  /** `approved` also where a rule let it pass without people, as its record says. */
  status: FinalStatus;
  /** What the requester said when cancelling; not part of the record. */
  cancelReason: string | null;
}

/** What whoever denied it would let pass instead. `payload`: canonical JSON, null in one of the archive whose words are gone. */
export interface ProposedPayload extends Fact<RecordOf<"payload.proposed">> {
  payload: string | null;
}

/** All that an approval is, as its Durable Object stores it. */
export interface ApprovalState extends SaidBefore {
  request: RequestDocument;
  /** Origin line of the log that it was opened under and ends in. */
  log: string;
  /** Canonical JSON: the very bytes that were hashed. Null in one of the archive, once payloads of its age are not kept any more. */
  payload: string | null;
  /** Of what was asked for, as its opener compares it. */
  fingerprint: string;
  decisions: AcceptedDecision[];
  ending: Ending | null;
  /** Of one that was denied, where it came with the denial; not there otherwise. */
  proposal?: ProposedPayload;
  redemption: Redemption | null;
  /** That it is not known how the action went; an outcome may follow. */
  unknown: Report | null;
  outcome: Report | null;
  /** Nonce of the last decision that people's lists know of; not there before they know of one. */
  listed?: string;
  /** The number that its agent shows; not there where none has to be picked. */
  match?: NumberMatch;
  /** What it was judged by; not there if it was opened by an earlier version. */
  judged?: JudgedBy;
  /** Up to when the lists of people know whom it waits for; not there before they have been told of anybody but the first. */
  listedTo?: string;
  /** When somebody who may decide was first told of it over a channel, and first opened its page; not there before either was so. */
  told?: { notifiedAt: string | null; seenAt: string | null };
  /** What the gate needs to make the call that it is about; not there in an ask, and not signed. */
  call?: CallToSend;
  /** What let it pass, where that is a grant; not there otherwise. */
  byGrant?: UsedGrant;
  /** `requestHash` of the request, so that no answer has to make it; not there if it was opened by an earlier version. */
  requestHash?: string;
}

/** The approval has been used: nobody else may. */
export interface Redemption extends Fact<RecordOf<"approval.redeemed">> {
  /** Of the call that redeemed it: the same call answers the same again. */
  idempotencyKey: string | null;
}

/** How the agent says the action went. */
export interface Report extends Fact<RecordOf<"call.succeeded" | "call.failed" | "call.unknown">> {
  detail: Words | null;
}

/** A request that has just been opened. */
export const openedApproval = (
  opened: Pick<ApprovalState, "request" | "payload" | "fingerprint" | "log" | "judged" | "call" | "byGrant" | "match">,
): ApprovalState => ({
  ...opened,
  requestHash: requestHash(opened.request),
  decisions: [],
  ending: null,
  redemption: null,
  unknown: null,
  outcome: null,
});

/** The same of one that passes without people, at that time. `salt`: b64u of 32 random bytes. */
export function passed(opened: ApprovalState, basis: Basis, salt: string, at = opened.request.requested_at): ApprovalState {
  const { request, log, byGrant } = opened;
  if (!isV2(request)) throw new Error("a request of version 1 passes by people alone");
  const grant = byGrant === undefined ? null : { id: byGrant.id, use: byGrant.use };
  const sealed = seal("approval.auto_approved", { request, basis, grant }, { log, at, salt });
  return { ...opened, ending: { status: "approved", sealed, logged: null, cancelReason: null } };
}

export type Event =
  | { type: "decide"; decision: AcceptedDecision }
  | { type: "cancel"; by: "requester" | "stop" | "revocation"; reason: string | null }
  /** Time alone: ends the approval if its deadline has passed, changes nothing otherwise. */
  | { type: "tick" };

/** What an event is judged by. */
export interface Circumstances {
  nowMs: number;
  /** b64u of 32 random bytes, for the record if this event ends the approval. */
  salt: string;
  /** The log's origin line. */
  log: string;
  /** Whether the person and the passkey of a decision are both still in good standing. */
  stands: (decision: Decision) => boolean;
  /** Tells the people of the decisions apart: two who share a key are one. */
  countsAs: CountsAs;
  /** Whether somebody was told in time, and its agent stands and is not stopped: without that silence means no. */
  silenceCounts: boolean;
}

export interface TransitionRefusal {
  reason: "already-final" | "deadline-passed" | "not-eligible" | "already-decided" | "counted-already" | "person-not-standing";
}

/** Whether the deadline has passed: the clock decides, whenever the alarm comes. */
export const isDue = (approval: ApprovalState, nowMs: number): boolean => nowMs >= Date.parse(approval.request.expires_at);

/** The approval after `event`, or why it stays as it is. Never changes its argument. */
export function transition(approval: ApprovalState, event: Event, circumstances: Circumstances): Result<ApprovalState, TransitionRefusal> {
  if (approval.ending !== null) return event.type === "tick" ? accept(approval) : refuse({ reason: "already-final" });
  if (event.type === "tick") return accept(isDue(approval, circumstances.nowMs) ? endOfTime(approval, circumstances) : approval);
  if (isDue(approval, circumstances.nowMs)) return refuse({ reason: "deadline-passed" });
  if (event.type === "cancel") return accept(settle(approval, "cancelled", event.by, circumstances, event.reason));
  return decide(approval, event.decision, circumstances);
}

/** Silence means no, unless the policy says otherwise of what is of low risk, somebody was told, and nobody has denied. */
function endOfTime(approval: ApprovalState, circumstances: Circumstances): ApprovalState {
  const mayPass = approval.judged?.passesInSilence === true && isV2(approval.request) && approval.request.context.risk?.level === "low";
  if (!mayPass || !circumstances.silenceCounts || approval.decisions.some(isVerdict("denied")))
    return settle(approval, "expired", "deadline", circumstances);
  return passed(approval, "timeout", circumstances.salt, notBefore(approval, circumstances.nowMs));
}

/**
 * The decisions that count: those that stand, and of people who are one only the first approval. Their first denial counts in any case:
 * it may be that of the one whose key another has.
 */
export function counting<Made extends Decision>(
  decisions: readonly Made[],
  { stands, countsAs }: Pick<Circumstances, "stands" | "countsAs">,
): Made[] {
  const [counted, denied] = [new Set<string>(), new Set<string>()];
  return decisions.filter((decision) => {
    if (!stands(decision)) return false;
    const one = countsAs(decision.statement.approver.id);
    const isDenial = isVerdict("denied")(decision);
    const counts = isDenial ? !denied.has(one) : !counted.has(one);
    counted.add(one);
    if (isDenial) denied.add(one);
    return counts;
  });
}

/**
 * Earlier decisions that no longer count are dropped with every new one, and not only at the end: were they kept, somebody
 * who is reinstated could complete a quorum that nobody was there to notice.
 */
function decide(
  approval: ApprovalState,
  decision: AcceptedDecision,
  circumstances: Circumstances,
): Result<ApprovalState, TransitionRefusal> {
  const { request } = approval;
  const { approver } = decision.statement;
  const at = notBefore(approval, circumstances.nowMs);
  const earlier = counting(approval.decisions, circumstances);
  if (!eligiblePeople(request, at).has(approver.id)) return refuse({ reason: "not-eligible" });
  if (earlier.some((one) => one.statement.approver.id === approver.id)) return refuse({ reason: "already-decided" });
  if (!circumstances.stands(decision)) return refuse({ reason: "person-not-standing" });
  if (counting([...earlier, decision], circumstances).length === earlier.length) return refuse({ reason: "counted-already" });
  const decided = { ...approval, decisions: [...earlier, { ...decision, at }] };
  if (decided.decisions.filter(isVerdict("denied")).length >= denialsOf(request))
    return accept(settle(decided, "denied", "passkeys", circumstances));
  const isMet = requestMet(request, approvalsOf(decided.decisions));
  return accept(isMet ? settle(decided, "approved", "passkeys", circumstances) : decided);
}

/** Who has approved, and when. */
export const approvalsOf = (decisions: readonly Decision[]): Map<string, string> =>
  new Map(decisions.filter(isVerdict("approved")).map(({ statement, at }) => [statement.approver.id, at]));

/** Times in a record never decrease, even where the clock of this machine steps back. */
export function notBefore(approval: ApprovalState, nowMs: number): string {
  const times = [approval.request.requested_at, approval.decisions.at(-1)?.at ?? "", lastSaidAt(approval) ?? "", timestamp(nowMs)];
  return times.reduce((latest, at) => (at > latest ? at : latest));
}

/** The approval as it ends, with those decisions that count. */
export function settle(
  approval: ApprovalState,
  status: FinalStatus,
  endedBy: EndedBy,
  circumstances: Circumstances,
  cancelReason: string | null = null,
): ApprovalState {
  const decisions = counting(approval.decisions, circumstances);
  const members = { request: approval.request, ended_by: endedBy, decisions: decisions.map(({ comment: _, ...decision }) => decision) };
  const { log, nowMs, salt } = circumstances;
  const sealed = seal(`approval.${status}`, members, { log, at: notBefore(approval, nowMs), salt });
  return { ...approval, decisions, ending: { status, sealed, logged: null, cancelReason } };
}

/** How many people have signed for it. */
export const approvalCount = (approval: ApprovalState): number => approval.decisions.filter(isVerdict("approved")).length;

/** How many must. */
export const requiredCount = (request: RequestDocument): number => slotsOf(request).reduce((sum, slot) => sum + slot.required, 0);

const isVerdict = (verdict: Verdict) => (decision: Decision) => decision.statement.verdict === verdict;
