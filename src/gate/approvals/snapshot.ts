/** How an approval looks from outside its object: to its agent, and to people on its page. */
import { type ApprovalState, approvalCount, type FinalStatus, type Report, requiredCount } from "#rules/approval.ts";
import { whoMayDecide } from "#rules/notices/outbox.ts";
import type { WrongPick } from "#rules/talk/number-match.ts";
import { countSaid } from "#rules/talk/said-before-end.ts";
import type { JudgedBy } from "#rules/policies/judged.ts";
import type { Basis, CallOutcome, EndedBy, FinalRecord } from "#countersign/documents/record.ts";
import { type RequestDocument, requestHash } from "#countersign/documents/request.ts";
import { type Verdict } from "#countersign/documents/statement.ts";
import { timestamp } from "#countersign/documents/words.ts";

/** What the object tells the Worker; it may cross to another isolate. */
export interface Snapshot {
  request: RequestDocument;
  /** Hexadecimal. An object of an earlier version does not tell. */
  requestHash?: string;
  fingerprint: string;
  /** `settling`: the end is stored but not yet in the log. */
  status: "pending" | "settling" | FinalStatus;
  endedBy: EndedBy | null;
  /** What let it pass without people; null where people, time or the requester ended it. An object of an earlier version does not tell. */
  basis?: Basis | null;
  /** Which grant let it pass, for people; null where none did. An object of an earlier version does not tell. */
  byGrant?: { id: string; use: number } | null;
  endedAt: string | null;
  cancelReason: string | null;
  decisions: { id: string; username: string; verdict: Verdict; decided_at: string; comment: string | null }[];
  approvals: number;
  required: number;
  /** Once it is in the log. */
  redeemedAt: string | null;
  outcome: CallOutcome | null;
  /** What became of it after it was approved, for people; null until it is redeemed. An object of an earlier version does not tell. */
  use?: Use | null;
  /** Where the final leaf is: the origin line of its log, and its index there. */
  logged: { log: string; index: number } | null;
  /** Changes with everything that a waiter waits for. */
  tag: string;
  /** What the agent asked for and did not get in full; not there in an object of an earlier version. */
  shortened?: JudgedBy["shortened"];
  /** The stop numbers that it was asked for under; not there in an object of an earlier version, or of a request of one. */
  stops?: JudgedBy["stops"];
  /** When somebody who may decide was first told, and when one of them first looked; null before. Not there in an object of an earlier version. */
  notifiedAt?: string | null;
  seenAt?: string | null;
  /** Usernames of those who may decide now and have not; null once it is over, or if it was opened by an earlier version. */
  awaiting?: string[] | null;
  /** What people asked and the agent answered, as far as the log has it. An object of an earlier version does not tell. */
  questions?: AskedBack[];
  /** The number that the agent shows, for its agent alone; not there where none has to be picked. */
  matchCode?: string;
  /** Who picked another number, and when. */
  wrongPicks?: WrongPick[];
  /** Who gave more time, as far as the log has it; not there where nobody has. */
  extended?: { by: { id: string; username: string }; from: string; until: string; at: string }[];
  /** What whoever denied it would let pass instead; not there where nothing was proposed. */
  proposal?: { by: { id: string; username: string }; /** Canonical JSON; null where it is not kept any more. */ payload: string | null };
  /** Whether it passes if nobody denies it. */
  passesInSilence?: boolean;
  /** Whom the agent itself named; not there in an object of an earlier version, and null for a request that one opened. */
  narrowing?: JudgedBy["narrowing"] | null;
}

/** A question to the agent. Words are null where they are not known any more. */
export interface AskedBack {
  /** Counted from 1. */
  number: number;
  text: string | null;
  by: { id: string; username: string };
  askedAt: string;
  /** Null until the agent has answered. */
  answer: { text: string | null; at: string } | null;
}

/** What an approval was used for, as far as the log has it. */
export interface Use {
  /** Null while the redemption is stored, and not in the log yet. */
  redeemedAt: string | null;
  outcome: CallOutcome | null;
  reportedAt: string | null;
  /** In the agent's words. */
  detail: string | null;
}

export function snapshot(approval: ApprovalState, nowMs: number): Snapshot {
  const { request, ending, judged, told } = approval;
  return {
    request,
    requestHash: approval.requestHash ?? requestHash(request),
    fingerprint: approval.fingerprint,
    status: statusOf(approval),
    ...endOf(ending?.sealed.record),
    endedAt: ending?.sealed.record.at ?? null,
    cancelReason: ending?.cancelReason ?? null,
    decisions: approval.decisions.map(({ statement, at, comment }) => ({
      id: statement.approver.id,
      username: statement.approver.username,
      verdict: statement.verdict,
      decided_at: at,
      comment: comment?.text ?? null,
    })),
    approvals: approvalCount(approval),
    required: requiredCount(request),
    redeemedAt: approval.redemption?.logged == null ? null : approval.redemption.sealed.record.at,
    outcome: outcomeOf(approval),
    use: useOf(approval),
    logged: ending?.logged == null ? null : { log: approval.log, index: ending.logged },
    tag: tagOf(approval),
    shortened: judged?.shortened ?? [],
    ...(judged !== undefined && { stops: judged.stops }),
    notifiedAt: told?.notifiedAt ?? null,
    seenAt: told?.seenAt ?? null,
    awaiting: ending === null ? awaited(approval, nowMs) : null,
    ...(approval.extended !== undefined && {
      extended: approval.extended.flatMap(({ sealed: { record }, logged }) =>
        // One that the log has and this request does not is another's.
        logged === null || record.until > request.expires_at
          ? []
          : [{ by: record.by, from: record.from, until: record.until, at: record.at }],
      ),
    }),
    ...(approval.proposal !== undefined && {
      proposal: { by: approval.proposal.sealed.record.by, payload: approval.proposal.payload },
    }),
    ...(approval.match !== undefined && { matchCode: approval.match.code, wrongPicks: approval.match.wrong }),
    ...(approval.questions !== undefined && { questions: askedBack(approval) }),
    passesInSilence: judged?.passesInSilence === true,
    narrowing: judged?.narrowing ?? null,
  };
}

function awaited(approval: ApprovalState, nowMs: number): string[] | null {
  const names = approval.judged?.names;
  return names === undefined ? null : whoMayDecide(approval, timestamp(nowMs)).flatMap((id) => names[id] ?? []);
}

const askedBack = ({ questions = [] }: ApprovalState): AskedBack[] =>
  questions.flatMap(({ sealed: { record }, logged, words, answer }) => {
    if (logged === null) return [];
    const said = answer?.logged == null ? null : { text: answer.words?.text ?? null, at: answer.sealed.record.at };
    return [{ number: record.number, text: words?.text ?? null, by: record.by, askedAt: record.at, answer: said }];
  });

/** The question that its agent is to answer before anything else; null if there is none. */
export function questionOpen({ status, questions = [] }: Snapshot): AskedBack | null {
  const last = questions.at(-1);
  return status !== "pending" || last === undefined || last.answer !== null || last.text === null ? null : last;
}

function endOf(record: FinalRecord | undefined): Pick<Snapshot, "endedBy" | "basis" | "byGrant"> {
  if (record === undefined) return { endedBy: null, basis: null };
  if (!("basis" in record)) return { endedBy: record.ended_by, basis: null };
  const { basis, grant } = record;
  return { endedBy: null, basis, ...(grant !== null && { byGrant: grant }) };
}

/** The latest report that is in the log. */
const latestReport = ({ outcome, unknown }: ApprovalState): Report | null =>
  [outcome, unknown].find((one) => one !== null && one.logged !== null) ?? null;

function useOf(approval: ApprovalState): Use | null {
  const { redemption } = approval;
  if (redemption === null) return null;
  const report = latestReport(approval);
  return {
    redeemedAt: redemption.logged === null ? null : redemption.sealed.record.at,
    outcome: outcomeOf(approval),
    reportedAt: report?.sealed.record.at ?? null,
    detail: report?.detail?.text ?? null,
  };
}

function outcomeOf(approval: ApprovalState): CallOutcome | null {
  switch (latestReport(approval)?.sealed.record.kind) {
    case "call.succeeded":
      return "succeeded";
    case "call.failed":
      return "failed";
    case "call.unknown":
      return "unknown";
    case undefined:
      return null;
  }
}

/** Whoever hears of a denial hears of what was proposed with it. */
function statusOf({ ending, proposal }: ApprovalState): Snapshot["status"] {
  if (ending === null) return "pending";
  return ending.logged === null || proposal?.logged === null ? "settling" : ending.status;
}

/**
 * Differs after every change of status, decisions or use: there may be as many decisions as before, but not with the same last one; and
 * what an approval is used for comes step by step, each told once it is stored and once it is in the log.
 */
export function tagOf(approval: ApprovalState): string {
  const { decisions, redemption, unknown, outcome } = approval;
  const steps = [redemption, unknown, outcome].flatMap((fact) => (fact === null ? [] : [`:${fact.logged ?? ""}`]));
  const said = countSaid(approval);
  if (said > 0) steps.push(`:said ${said}`);
  // What pages show is another request from then on, whenever the log hears of it.
  const extensions = approval.extended?.length ?? 0;
  if (extensions > 0) steps.push(`:extended ${extensions}`);
  const picks = approval.match?.wrong.length ?? 0;
  if (picks > 0) steps.push(`:picks ${picks}`);
  return `${statusOf(approval)}:${decisions.length}:${decisions.at(-1)?.at ?? ""}${steps.join("")}`;
}
