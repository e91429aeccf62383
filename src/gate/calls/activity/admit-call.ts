/**
 * What an agent's object does when a call comes, and when it has ended. Nothing here waits for anything: whether the key stands was read
 * before (src/gate/agents/activity/key-readings.ts), and from then on one piece of code reads, decides and writes.
 */
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import type { CallStatus } from "#countersign/documents/call.ts";
import type { KeyReading } from "#gate/agents/activity/remote-activity.ts";
import type { Admission, CallLimits, CallToAdmit, JudgedCallFacts, OverLimit, SettledCall } from "#rules/calls/admission.ts";
import { wholeChain } from "#rules/agents/below.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import type { Budgets } from "./budgets.ts";
import { keptEnd, keptText } from "#rules/calls/record/call-record.ts";
import type { CallEnd, KeptCall } from "#rules/calls/record/kept-call.ts";
import type { CallsState, CallStore, CallWrites } from "./kept-calls.ts";

/** The longest that a call may take, and a margin: one that nothing was heard of by then is `unknown`. */
const LONGEST_MS = 600_000 + 30_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Longer than people may take and an approval may be used, together. */
const PEOPLE_MS = 15 * DAY_MS;
/** By then what has ended is handed over; sooner if so many wait. */
export const HANDED_OVER_AFTER_MS = 5_000;
const HANDED_OVER_AT = 500;
/** Calls, and characters of what is kept of them, that wait to be handed over: more only once there are less. */
const MOST_CALLS = 20_000;
const MOST_CHARACTERS = 67_108_864;

export interface AdmissionPorts {
  store: CallStore;
  budgets: Budgets;
  now: () => number;
  random: (bytes: number) => Bytes;
}

/** Whether all that judging uses of an agent's facts is the same. */
const judgesAlike = (one: AgentFacts, other: AgentFacts): boolean =>
  one.epoch === other.epoch &&
  one.isStopped === other.isStopped &&
  one.name === other.name &&
  one.maker === other.maker &&
  one.formerMakers?.join() === other.formerMakers?.join() &&
  one.ownerName === other.ownerName &&
  one.stops.all === other.stops.all &&
  one.stops.agent === other.stops.agent &&
  one.groups.length === other.groups.length &&
  one.groups.every((group, n) => group === other.groups[n]) &&
  one.below?.chain.length === other.below?.chain.length;

const NOTHING_YET: Omit<CallsState, "agent"> = { handed: 0, batch: null, aheadAtMs: null, saysSo: false, folded: {} };

/** `RemoteCalls.admit`; `reading` null: the key does not stand. `overAbove`: which limit the agent at the top has used up (`countsAbove`). What came with it of calls before is stored in one transaction with it. */
export function admitWithEnds(
  reading: KeyReading | null,
  call: CallToAdmit,
  ended: readonly SettledCall[],
  overAbove: OverLimit | null,
  ports: AdmissionPorts,
): Admission {
  const admit = (): Admission => (reading === null ? { status: "revoked" } : admitCall(reading, call, overAbove, ports));
  if (ended.length === 0) return admit();
  return write(ports, () => {
    for (const one of ended) settleCall(one, ports);
    return { ...admit(), heard: ended.length };
  });
}

/** Everybody from the top to the agent, as records name them; nothing where nobody is above it. */
const chainOf = ({ id }: Pick<KeyReading["agent"], "id">, { name, below }: AgentFacts): Pick<JudgedCallFacts, "chain"> =>
  below === undefined ? {} : { chain: wholeChain(below, { id, name }) };

/**
 * Under which rule a call counts above its agent as well, and where: at the top of its chain, so that whatever keys are made below an agent
 * open no more than one limit. Null: nowhere.
 */
export function countsAbove({ judgedBy, facts, limits }: CallToAdmit): { top: string; rule: string; most: CallLimits } | null {
  const top = judgedBy?.below?.chain[0];
  if (top === undefined || facts === null || facts.status === "blocked" || limits === null || judgedBy?.isStopped === true) return null;
  return { top: top.id, ...limits };
}

/** Whether the call was judged by how its key stands, so that it is admitted or limited. */
export const isJudgedAsItStands = ({ judgedBy, facts }: CallToAdmit, reading: KeyReading | null): boolean =>
  reading !== null && judgedBy !== null && facts !== null && !reading.facts.isStopped && judgesAlike(judgedBy, reading.facts);

/** Of a key that stands as `reading` says. */
function admitCall({ agent, facts }: KeyReading, call: CallToAdmit, overAbove: OverLimit | null, ports: AdmissionPorts): Admission {
  if (call.judgedBy === null || call.facts === null || !judgesAlike(call.judgedBy, facts)) return { status: "judge-again", facts };
  const state = { ...(ports.store.state() ?? NOTHING_YET), agent: { id: agent.id, name: facts.name } };
  const judged = { ...call, facts: { ...call.facts, ...chainOf(agent, facts) } };
  if (facts.isStopped) {
    recordFolded(judged, "agent_stopped", state, ports);
    return { status: "stopped", facts };
  }
  const isCounted = judged.facts.status !== "blocked";
  const over = call.limits === null || !isCounted ? null : (overAbove ?? overLimit(call.limits.rule, call.limits.most, state, ports));
  if (over !== null) {
    recordFolded(judged, "rate_limited", state, ports);
    return { status: "limited", ...over };
  }
  return { status: "admitted", facts, ...recordCall(judged, state, ports) };
}

/** `RemoteCalls.admitPreview`, of the agent whose object this is. Whoever asks has read that it stands; `overAbove` as for a call. */
export function recordPreview(
  call: CallToAdmit,
  agent: { id: string; name: string },
  overAbove: OverLimit | null,
  ports: AdmissionPorts,
): { number: number } | OverLimit {
  const { facts, limits, judgedBy } = call;
  if (facts === null || judgedBy === null) throw new Error("a preview is recorded of which nothing is known");
  const judged = { ...call, facts: { ...facts, ...chainOf(agent, judgedBy) }, join: null };
  const state = { ...(ports.store.state() ?? NOTHING_YET), agent };
  const isCounted = facts.status !== "blocked";
  const over = limits === null || !isCounted ? null : (overAbove ?? overLimit(limits.rule, limits.most, state, ports));
  if (over !== null) recordFolded(judged, "rate_limited", state, ports);
  return over ?? { number: recordCall(judged, state, ports).number };
}

/** `RemoteCalls.countAsk`. */
export function countAsk(rule: string, most: CallLimits, ports: AdmissionPorts): OverLimit | null {
  const over = overLimit(rule, most, ports.store.state(), ports);
  if (over !== null) return over;
  const spent = ports.budgets.next(rule, most, ports.now());
  write(ports, (to) => {
    to.spend(rule, spent);
    // Asks alone hand nothing over: what they spent is forgotten once it counts for nothing.
    to.wakeBy(ports.now() + DAY_MS);
  });
  ports.budgets.spent(rule, spent);
  return null;
}

/** What of a budget was stored is not known where storing failed: it is read again. */
function write<Done>({ store, budgets }: AdmissionPorts, work: (to: CallWrites) => Done): Done {
  try {
    return store.write(work);
  } catch (error) {
    budgets.forget();
    throw error;
  }
}

const overLimit = (rule: string, most: CallLimits, state: CallsState | null, { budgets, now }: AdmissionPorts): OverLimit | null =>
  budgets.over(rule, most, now(), state?.aheadAtMs ?? null);

type JudgedCall = CallToAdmit & { facts: NonNullable<CallToAdmit["facts"]> };

/** What is kept of a call that comes now. */
function keptCall(
  call: JudgedCall,
  status: CallStatus,
  { now, random }: AdmissionPorts,
): Omit<KeptCall, "id" | "end" | "number" | "count"> {
  const { facts, keep, session, trace } = call;
  const atMs = now();
  const endsAfter = status === "allowed" ? LONGEST_MS : PEOPLE_MS;
  const endsByMs = status === "allowed" || status === "pending_approval" ? atMs + endsAfter : null;
  const kept = { ...facts, status, flags: [...new Set(facts.flags)].toSorted() };
  const notice = call.notice == null ? {} : { notice: call.notice };
  return { atMs, endsByMs, facts: kept, salt: b64u(random(32)), keep, session, trace, arguments: keptText(call.arguments), ...notice };
}

function requireRoom({ store }: AdmissionPorts): void {
  const { calls, characters } = store.size();
  if (calls >= MOST_CALLS || characters >= MOST_CHARACTERS)
    throw new Error("calls cannot be recorded now: those before could not be handed over yet");
}

function recordCall(call: JudgedCall, state: CallsState, ports: AdmissionPorts): { number: number; joined: string | null } {
  requireRoom(ports);
  const { store, budgets } = ports;
  const kept = keptCall(call, call.facts.status, ports);
  const spends = call.limits !== null && call.facts.status !== "blocked" ? call.limits : null;
  const spent = spends === null ? null : budgets.next(spends.rule, spends.most, kept.atMs);
  const id = store.nextId(state);
  const pending = call.join === null ? null : store.joined(call.join.key);
  const joined = pending ?? call.join?.requestId ?? null;
  const facts = { ...kept.facts, request: joined ?? kept.facts.request, code: kept.facts.code ?? codeOf(state) };
  write(ports, (to) => {
    to.add({ ...kept, id, facts });
    if (spends !== null && spent !== null) to.spend(spends.rule, spent);
    if (call.join !== null && pending === null) to.join(call.join.key, call.join.requestId, kept.atMs);
    if (state.saysSo || store.state() === null) to.state({ ...state, saysSo: false });
    wake(to, store, kept.atMs);
  });
  if (spends !== null && spent !== null) budgets.spent(spends.rule, spent);
  return { number: id, joined };
}

/** Of the first call after the record was found to be ahead. */
const codeOf = ({ saysSo }: CallsState): string | null => (saysSo ? "numbered_on" : null);

/** When what is recorded now is handed over. A call that has not ended yet is waited for: its end sees to that. */
function wake(to: CallWrites, store: CallStore, nowMs: number): void {
  const { waiting } = store.size();
  to.wakeBy(waiting > 0 && waiting % HANDED_OVER_AT === 0 ? nowMs : nowMs + HANDED_OVER_AFTER_MS);
}

/** One record a minute of each rule stands for all that were refused so. */
function recordFolded(call: JudgedCall, status: "agent_stopped" | "rate_limited", state: CallsState, ports: AdmissionPorts): void {
  const { store } = ports;
  const name = status === "agent_stopped" ? status : `${status} ${call.limits?.rule ?? ""}`;
  const minute = Math.floor(ports.now() / MINUTE_MS);
  const before = state.folded[name];
  if (before?.minute === minute && store.call(before.id)?.endsByMs != null) {
    store.write((to) => to.countOneMore(before.id));
    return;
  }
  requireRoom(ports);
  const id = store.nextId(state);
  const kept = keptCall({ ...call, arguments: null }, status, ports);
  const isUnsure = status === "rate_limited" && state.aheadAtMs !== null && ports.now() - state.aheadAtMs < DAY_MS;
  const facts = { ...kept.facts, code: codeOf(state) ?? (isUnsure ? "budget_unknown" : status), request: null };
  const folded = Object.fromEntries(Object.entries(state.folded).filter(([, one]) => one.minute === minute));
  store.write((to) => {
    to.add({ ...kept, id, facts, endsByMs: (minute + 1) * MINUTE_MS });
    to.state({ ...state, saysSo: false, folded: { ...folded, [name]: { id, minute } } });
    to.wakeBy((minute + 1) * MINUTE_MS);
  });
}

/** Ends a call that waits on no request, unread: nearly all of them. Whether it was one, and had not ended. */
function endSent(id: number, end: CallEnd, to: CallWrites, store: CallStore, nowMs: number): boolean {
  const hasEnded = to.endSent(id, end);
  if (hasEnded) wake(to, store, nowMs);
  return hasEnded;
}

/** `RemoteCalls.settle`. Equal calls that wait on the same request end with it. */
export function settleCall(settled: SettledCall, { store, now }: AdmissionPorts): void {
  if (store.state() === null) return;
  const end = keptEnd(settled);
  if (store.write((to) => endSent(settled.number, end, to, store, now()))) return;
  const call = store.call(settled.number);
  if (call === null || call.endsByMs === null) return;
  const isOfPeople = call.facts.status === "pending_approval" && call.facts.request !== null;
  const alike = isOfPeople && call.facts.request !== null ? store.openOf(call.facts.request).filter(({ id }) => id !== call.id) : [];
  store.write((to) => {
    to.end(call.id, end);
    for (const { id } of alike) to.end(id, { ...end, flags: [...new Set([...end.flags, "replayed" as const])], result: null });
    wake(to, store, now());
  });
}

/** `RemoteCalls.rejoin`. */
export function rejoinCall(key: string, requestId: string, instead: string, { store, now }: AdmissionPorts): string {
  const joined = store.joined(key);
  if (joined !== null && joined !== instead) return joined;
  if (joined !== requestId) store.write((to) => to.join(key, requestId, now()));
  return requestId;
}

/** `RemoteCalls.unjoin`. */
export function unjoinCall(key: string, requestId: string, { store }: AdmissionPorts): void {
  if (store.joined(key) === requestId) store.write((to) => to.unjoin(key, requestId));
}

/** What ends by itself, or counts for nothing any more: what nothing was heard of, and what stood for a minute that is over. */
export function endOverdue({ store, now }: Pick<AdmissionPorts, "store" | "now">): void {
  const overdue = store.overdue(now(), 1_000);
  store.write((to) => {
    to.forgetSpent(now() - DAY_MS);
    if (overdue.length === 0) return;
    for (const { id, facts } of overdue) to.end(id, isFolded(facts.status) ? null : NOT_HEARD_OF);
    to.unjoinBefore(now() - PEOPLE_MS);
  });
}

const isFolded = (status: CallStatus): boolean => status === "agent_stopped" || status === "rate_limited";

const NOT_HEARD_OF = keptEnd({
  status: "unknown",
  code: "not_heard_of",
  flags: [],
  request: null,
  resultHash: null,
  resultBytes: 0,
  result: null,
  masked: [],
  ms: null,
});
