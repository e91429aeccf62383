/**
 * Calls on their way from an agent's object into the record: a batch is fixed, written to `AUDIT`, appended to the log, and then dropped
 * here. Each step is durable before the next begins, and does the same again with the same bytes until it holds.
 *
 * Numbers have no gap because they are places: the n-th call that was not handed over yet gets the n-th number after the last that was.
 * Calls go in the order in which they were admitted. One that has not ended is waited for: a minute if it was sent, since most calls may
 * take no longer; not at all if it waits for people. Then it is handed over as it stands, and how it ended is noted in `AUDIT` later; of
 * what people decided the log has leaves of its own.
 */
import { b64u, type Bytes, hex } from "#countersign/encoding/bytes.ts";
import { callsKey } from "#countersign/documents/leaf-key.ts";
import { seal } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { rootHash } from "#countersign/tlog/merkle.ts";
import type { AppendOutcome } from "#gate/log/transparency-log.ts";
import { endOverdue } from "./admit-call.ts";
import type { BatchOfCalls, RecordedCall } from "./audit-record.ts";
import { callHash, recordOf, treeOver } from "#rules/calls/record/call-record.ts";
import { type ComparePorts, compareWithRecord } from "./compare-record.ts";
import type { KeptCall } from "#rules/calls/record/kept-call.ts";
import type { CallBatch, CallsState, CallStore } from "./kept-calls.ts";

export interface HandOverPorts extends ComparePorts {
  random: (bytes: number) => Bytes;
}

/** So long a call that was sent, and has not ended, keeps those after it. */
const PATIENCE_MS = 60_000;
/** Calls of one batch, and characters of what is kept of them: what one statement of D1 takes. */
const MOST_IN_BATCH = 500;
const MOST_CHARACTERS = 250_000;
/** Batches at a time; then others get their turn. */
const MOST_BATCHES = 20;
const LATE_ENDS = 50;

/** Hands over what can be. Throws if a step cannot be done now; the next call goes on with it. */
export async function handOver(ports: HandOverPorts): Promise<void> {
  endOverdue(ports);
  for (let batches = 0; batches < MOST_BATCHES; batches++) {
    const state = ports.store.state();
    if (state === null) return;
    const batch = state.batch === null ? await fix(state, ports) : await inThisLog(state, state.batch, ports);
    if (batch === null) break;
    if (!(await take(state, batch, ports))) await compareWithRecord(state.agent, ports, true);
  }
  await noteLateEnds(ports);
}

/** When there is something to hand over next; null if there is nothing. */
export function nextHandOver({ store }: Pick<HandOverPorts, "store">): number | null {
  if (store.state()?.batch != null || store.lateEnds(1).length > 0) return 0;
  const [first] = store.notHandedOver(1);
  if (first === undefined) return null;
  return first.endsByMs !== null && first.facts.status !== "pending_approval" ? Math.min(first.endsByMs, first.atMs + PATIENCE_MS) : 0;
}

const mayGo = ({ facts, endsByMs, atMs }: KeptCall, nowMs: number): boolean =>
  endsByMs === null || facts.status === "pending_approval" || (facts.status === "allowed" && nowMs - atMs >= PATIENCE_MS);

/** What goes now; null if nothing can. */
async function fix(state: CallsState, ports: HandOverPorts): Promise<CallBatch | null> {
  const log = await ports.logOrigin();
  // Another call may have fixed one meanwhile: from here on nothing waits.
  const now = ports.store.state();
  if (now === null || now.batch !== null || now.handed !== state.handed) return now?.batch ?? null;
  const waiting = ports.store.notHandedOver(MOST_IN_BATCH);
  const until = waiting.findIndex((call) => !mayGo(call, ports.now()));
  const calls = withinSize(until === -1 ? waiting : waiting.slice(0, until));
  if (calls.length === 0) return null;
  const [from, to] = [now.handed + 1, now.handed + calls.length];
  const records = recordsOf(calls, now, from);
  const hashes = records.map(({ record, kept }) => callHash(record, kept.salt));
  const root = hex(rootHash(hashes.length, treeOver(hashes)));
  const at = { log, at: timestamp(ports.now()), salt: b64u(ports.random(32)) };
  const sealed = seal("calls.logged", { agent: now.agent, from, to, root }, at);
  const open = calls.filter(({ endsByMs }) => endsByMs !== null).map(({ id }) => id);
  const batch = { from, to, ids: calls.map(({ id }) => id), open, sealed };
  ports.store.write((writes) => writes.state({ ...now, batch }));
  contents.set(batch, { hashes, calls: records });
  return batch;
}

/** Of a batch that was fixed a moment ago: what is in it is not read and hashed again. */
const contents = new WeakMap<CallBatch, Contents>();
type Contents = Pick<BatchOfCalls, "hashes" | "calls">;

function contentsOf(state: CallsState, batch: CallBatch, store: CallStore): Contents {
  const calls = recordsOf(store.calls(batch.ids), state, batch.from, batch.open);
  return { hashes: calls.map(({ record, kept }) => callHash(record, kept.salt)), calls: calls.map((call) => asItStood(call, batch)) };
}

function withinSize(calls: KeptCall[]): KeptCall[] {
  let characters = 0;
  const until = calls.findIndex((call, n) => {
    characters += (call.arguments?.text.length ?? 0) + (call.end?.result?.text.length ?? 0);
    return n > 0 && characters > MOST_CHARACTERS;
  });
  return until === -1 ? calls : calls.slice(0, until);
}

/** As they stood when the batch was fixed (`open`: had not ended). */
const recordsOf = (calls: readonly KeptCall[], { agent }: CallsState, from: number, open?: readonly number[]): RecordedCall[] =>
  calls.map((kept, n) => ({ record: recordOf(kept, open?.includes(kept.id) === true ? null : kept.end, agent, from + n), kept }));

/** A batch that was fixed for a log which has ended since, and does not hold it, is sealed for the one that is written now. */
async function inThisLog(state: CallsState, batch: CallBatch, ports: HandOverPorts): Promise<CallBatch> {
  const log = await ports.logOrigin();
  if (batch.sealed.record.log === log) return batch;
  if ((await ports.logged.reached(state.agent.id, batch.from - 1)) >= batch.to) return batch;
  const { agent, from, to, root } = batch.sealed.record;
  const at = { log, at: timestamp(ports.now()), salt: b64u(ports.random(32)) };
  const again = { ...batch, sealed: seal("calls.logged", { agent, from, to, root }, at) };
  const now = ports.store.state() ?? state;
  if (now.batch?.sealed.salt !== batch.sealed.salt) return now.batch ?? batch;
  ports.store.write((writes) => writes.state({ ...now, batch: again }));
  return again;
}

/** Whether the record and the log have taken it; false if others have its numbers. */
async function take(state: CallsState, batch: CallBatch, ports: HandOverPorts): Promise<boolean> {
  const { store, audit } = ports;
  const { agent } = state;
  const written: BatchOfCalls = { ...batch, ...(contents.get(batch) ?? contentsOf(state, batch, store)) };
  if ((await audit.write(agent.id, written)) === "taken") return false;
  const outcome = await appended(agent.id, batch, ports);
  if (outcome.status === "conflict") {
    // The log's batch stays: what was written under its numbers is written again under others.
    await audit.takeBack(agent.id, batch);
    return false;
  }
  if (outcome.status === "refused") throw new Error(`the log refused calls of ${agent.id}: ${outcome.constraint}`);
  drop(state, batch, ports);
  return true;
}

const asItStood = ({ record, kept }: RecordedCall, { open }: CallBatch): RecordedCall =>
  open.includes(kept.id) ? { record, kept: { ...kept, end: null } } : { record, kept };

async function appended(agentId: string, { from, to, sealed }: CallBatch, ports: HandOverPorts): Promise<AppendOutcome> {
  if (sealed.record.log !== (await ports.logOrigin())) {
    const isThere = (await ports.logged.reached(agentId, from - 1)) >= to;
    if (isThere) return { status: "logged", index: -1 };
  }
  return await ports.log.append({ idem: callsKey(agentId, from), sealed, effect: null });
}

/** What had not ended stays, under its number. */
function drop(state: CallsState, batch: CallBatch, { store }: HandOverPorts): void {
  const now = store.state() ?? state;
  if (now.batch?.sealed.salt !== batch.sealed.salt) return;
  const isOpen = new Set(batch.open);
  store.write((to) => {
    to.drop(batch.ids.filter((id) => !isOpen.has(id)));
    for (const [n, id] of batch.ids.entries()) if (isOpen.has(id)) to.handedOver(id, batch.from + n);
    to.state({ ...now, handed: batch.to, batch: null });
  });
}

async function noteLateEnds({ store, audit }: HandOverPorts): Promise<void> {
  const ended = store.lateEnds(LATE_ENDS);
  const state = store.state();
  if (ended.length === 0 || state === null) return;
  const ends = ended.flatMap((kept) => (kept.end === null || kept.number === null ? [] : [{ number: kept.number, end: kept.end, kept }]));
  await audit.noteEnds(state.agent.id, ends);
  store.write((to) => to.drop(ended.map(({ id }) => id)));
}
