/**
 * What a request has to tell: made of how it was and how it is, so that no change of it can be stored without what is told of it. Pure.
 * Who hears of it, over what, is routing; the object's store keeps this beside the approval, in the same write.
 */
import { type ApprovalState, approvalCount, requiredCount } from "#rules/approval.ts";
import { couldDecide, eligibleFrom, isV2, slotsOf } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { countSaid } from "#rules/talk/said-before-end.ts";
import type { ToldRequest } from "./content.ts";
import type { NoticeEvent } from "./routing.ts";

/** What is kept of a request's notices, beside the approval. */
export interface NoticeState {
  /** Number of the last event. */
  last: number;
  /** What is not handed over yet. */
  outbox: NoticeEvent[];
  /** Times of reminders still to come, the next one first. */
  reminders: string[];
  /** When one of its messages is due, or is to be looked for; null: none is waited for. */
  dueAt: string | null;
}

const NOTHING: NoticeState = { last: 0, outbox: [], reminders: [], dueAt: null };
export const noticesOf = (kept: NoticeState | null): NoticeState => kept ?? NOTHING;

/** Of how long people have, the last part, before which they are reminded; and never earlier than that before the end. */
const REMINDER_PART = 0.25;
const REMINDER_MOST_MS = 3_600_000;
/** Whoever has less time than this needs no reminder: it would follow the first notice on its heels. */
const REMINDER_FROM_MS = 240_000;

/** The notices of a request after a change of it; the same value if there is nothing to tell. `before` null: it has just been opened. */
export function withChange(
  kept: NoticeState | null,
  before: ApprovalState | null,
  after: ApprovalState,
  nowMs: number,
): NoticeState | null {
  if (after.judged?.notify === undefined) return kept;
  const changed = withChangeOf(kept, before, after, nowMs);
  // Systems are told of each leaf, by what the leaf's own batch has written.
  return leaves(after) > (before === null ? 0 : leaves(before)) ? { ...noticesOf(changed), dueAt: timestamp(nowMs) } : changed;
}

/** How many of its facts the log has. */
const leaves = (approval: ApprovalState): number => {
  const { ending, proposal = null, redemption, unknown, outcome } = approval;
  return (
    countSaid(approval) + [ending, proposal, redemption, unknown, outcome].filter((fact) => fact !== null && fact.logged !== null).length
  );
};

function withChangeOf(kept: NoticeState | null, before: ApprovalState | null, after: ApprovalState, nowMs: number): NoticeState | null {
  const opened = before === null && after.ending === null;
  const notices = opened ? { ...noticesOf(kept), reminders: remindersOf(after) } : noticesOf(kept);
  const at = timestamp(nowMs);
  if (opened) return withEvent(notices, after, "request.opened", at, whoMayDecide(after, at));
  if (before === null) return kept;
  if (isLogged(after) && !isLogged(before)) return { ...withEvent(notices, after, "request.ended", at, []), reminders: [] };
  if (after.ending !== null) return kept;
  // Whoever was reminded of the earlier deadline is reminded of the later one.
  if (after.request.expires_at !== before.request.expires_at)
    return { ...notices, reminders: remindersOf(after).filter((time) => time > at) };
  if (lastNonce(after) !== lastNonce(before)) return withEvent(notices, after, "request.signed", at, []);
  if (after.listedTo !== before.listedTo) {
    const known = new Set(whoMayDecide(after, before.listedTo ?? after.request.requested_at));
    const asks = whoMayDecide(after, at).filter((person) => !known.has(person));
    return asks.length === 0 ? kept : withEvent(notices, after, "request.escalated", at, asks, laterGroups(before, after));
  }
  return kept;
}

/** The same once a reminder is due; the same value if none is. Of several that are due one is told. */
export function withReminder(kept: NoticeState | null, approval: ApprovalState, nowMs: number): NoticeState | null {
  const at = timestamp(nowMs);
  if (kept === null || approval.ending !== null || (kept.reminders[0] ?? "~") > at) return kept;
  const reminders = kept.reminders.filter((time) => time > at);
  const asks = whoMayDecide(approval, at);
  if (asks.length === 0 || at >= approval.request.expires_at) return { ...kept, reminders };
  return { ...withEvent(kept, approval, "request.reminder", at, asks), reminders };
}

/** What a call that handed events over has learned. */
export interface Told {
  /** Number of the last event that was handed over. */
  upTo: number;
  /** When the next of the request's messages is due; null: none waits. */
  dueAt: string | null;
  /** `dueAt` as it was kept when that was begun; left out by an earlier version. */
  dueBefore?: string | null;
  notifiedAt: string | null;
}

/** The approval once somebody who may decide has been told, or has opened the page; the same value if that was known. */
export function withToldAt(approval: ApprovalState, told: Partial<NonNullable<ApprovalState["told"]>>): ApprovalState {
  const { notifiedAt = null, seenAt = null } = approval.told ?? {};
  const next = { notifiedAt: notifiedAt ?? told.notifiedAt ?? null, seenAt: seenAt ?? told.seenAt ?? null };
  return next.notifiedAt === notifiedAt && next.seenAt === seenAt ? approval : { ...approval, told: next };
}

/** The notices once that is known. What was stored meanwhile stays: also when something is due that was not looked for. */
export function withTold(kept: NoticeState, { upTo, dueAt, dueBefore = kept.dueAt }: Told): NoticeState {
  const times = [dueAt, kept.dueAt === dueBefore ? null : kept.dueAt].filter((at) => at !== null);
  return {
    ...kept,
    outbox: kept.outbox.filter(({ number }) => number > upTo),
    dueAt: times.toSorted()[0] ?? null,
  };
}

/** When the alarm has to look after them; `patienceMs`: so long it leaves to others what is due already. Null: nothing is waited for. */
export function noticeAlarm(kept: NoticeState | null, nowMs: number, patienceMs: number): number | null {
  if (kept === null) return null;
  const due = [kept.dueAt, kept.reminders[0]].flatMap((at) => (at == null ? [] : [Math.max(Date.parse(at), nowMs + patienceMs)]));
  const times = kept.outbox.length > 0 ? [nowMs + patienceMs, ...due] : due;
  return times.length === 0 ? null : Math.min(...times);
}

const isLogged = ({ ending }: ApprovalState): boolean => ending !== null && ending.logged !== null;
const lastNonce = ({ decisions }: ApprovalState): string | undefined => decisions.at(-1)?.statement.nonce;

function withEvent(
  notices: NoticeState,
  approval: ApprovalState,
  type: NoticeEvent["type"],
  at: string,
  asks: readonly string[],
  groups = approval.judged?.notify?.groups ?? [],
): NoticeState {
  const number = notices.last + 1;
  const channels = approval.judged?.notify?.channels ?? null;
  const by = type === "request.signed" || endedByPeople(approval) ? (approval.decisions.at(-1)?.statement.approver.id ?? null) : null;
  const request = toldRequest(approval);
  const owner = approval.request.requested_by.owner;
  const event = { number, type, at, request, asks: [...asks], owner, by, channels, groups } satisfies NoticeEvent;
  return { ...notices, last: number, outbox: [...notices.outbox, event] };
}

/** Groups whose time has come between two looks at the clock. */
function laterGroups({ listedTo: since }: ApprovalState, { request, judged, listedTo }: ApprovalState): string[] {
  const fromMs = Date.parse(request.requested_at);
  const [sinceMs, toMs] = [Date.parse(since ?? request.requested_at), Date.parse(listedTo ?? request.requested_at)];
  const due = (judged?.notify?.later ?? []).filter(({ after }) => fromMs + after * 1_000 > sinceMs && fromMs + after * 1_000 <= toMs);
  return [...new Set(due.flatMap(({ groups }) => groups))];
}

const endedByPeople = ({ ending }: ApprovalState): boolean => {
  const record = ending?.sealed.record;
  return record !== undefined && "ended_by" in record && record.ended_by === "passkeys";
};

/** As far as people are told of it: no payload, no reason, and the action only where no rule hides it. */
function toldRequest(approval: ApprovalState): ToldRequest {
  const { request, ending, judged } = approval;
  return {
    id: request.id,
    action: judged?.notify?.label === "hidden" ? null : request.action,
    agent: { id: request.requested_by.id, name: request.requested_by.name },
    risk: isV2(request) ? (request.context.risk?.level ?? null) : null,
    requestedAt: request.requested_at,
    expiresAt: request.expires_at,
    approvals: approvalCount(approval),
    required: requiredCount(request),
    status: ending === null ? "pending" : ending.status,
  };
}

/** Ids of those who may decide at that time and have not. */
export function whoMayDecide({ request, decisions }: Pick<ApprovalState, "request" | "decisions">, at: string): string[] {
  const from = eligibleFrom(slotsOf(request));
  const decided = new Set(decisions.map(({ statement }) => statement.approver.id));
  return [...from.keys()].filter((person) => couldDecide(from, person, at) && !decided.has(person));
}

function remindersOf({ request, judged }: ApprovalState): string[] {
  const [fromMs, toMs] = [Date.parse(request.requested_at), Date.parse(request.expires_at)];
  const before = judged?.notify?.remind ?? (toMs - fromMs < REMINDER_FROM_MS ? [] : [byItself(toMs - fromMs)]);
  const times = before.map((seconds) => toMs - seconds * 1_000).filter((ms) => ms > fromMs);
  return [...new Set(times)].toSorted((a, b) => a - b).map(timestamp);
}

/** Seconds before the deadline. */
const byItself = (durationMs: number): number => Math.min(durationMs * REMINDER_PART, REMINDER_MOST_MS) / 1_000;
