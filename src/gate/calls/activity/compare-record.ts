/**
 * Whether an agent's object is as far as the record, at its first use after every start: it may have been lost or put back in time, or be
 * there twice for a moment. Nothing is adopted and nothing dropped: where the record or the log is ahead, the object numbers on from
 * there, what it holds of the record already stays there, and what was spent before is not known any more, so that every budget counts as
 * used up for its window.
 */
import { callsKey } from "#countersign/documents/leaf-key.ts";
import type { TransparencyLog } from "#gate/log/transparency-log.ts";
import type { CallRecord } from "#countersign/documents/call.ts";
import type { AuditRecord, LoggedCalls } from "./audit-record.ts";
import type { CallsState, CallStore } from "./kept-calls.ts";

export interface ComparePorts {
  store: CallStore;
  audit: AuditRecord;
  logged: LoggedCalls;
  log: Pick<TransparencyLog, "append">;
  logOrigin(): Promise<string>;
  now: () => number;
}

/** Calls whose salts are compared at a time. */
const PAGE = 1_000;

/**
 * Throws if it cannot be known. `agent`: whose object it is. `isTaken`: others have the numbers of what was to be handed over, whoever is
 * further.
 */
export async function compareWithRecord(agent: CallRecord["agent"], ports: ComparePorts, isTaken = false): Promise<void> {
  const { store, audit, logged, now } = ports;
  const before = store.state();
  const handed = before?.handed ?? 0;
  const newest = await audit.newest(agent.id);
  const reached = await logged.reached(agent.id, Math.max(handed, newest?.to ?? 0));
  const far = newest !== null && newest.to > handed && reached === newest.to ? await reachOf(newest, agent, ports) : reached;
  if (far === null) return await compareWithRecord(agent, ports, isTaken);
  const own = before?.batch ?? null;
  const isOwn = newest?.from === own?.from && newest?.sealed.record.root === own?.sealed.record.root;
  const isAnothers = own !== null && newest !== null && newest.to >= own.from && !isOwn;
  if (far <= (own?.to ?? handed) && !isAnothers && !isTaken) return;
  const recorded = await numbersBySalt(agent.id, handed + 1, audit);
  numberOn({ agent, handed: far, batch: null, aheadAtMs: now(), saysSo: true }, recorded, store);
}

/** How far the log is with the newest batch of the record; null if another batch stands in its place, and it was taken back. */
async function reachOf(
  newest: NonNullable<Awaited<ReturnType<AuditRecord["newest"]>>>,
  agent: CallRecord["agent"],
  ports: ComparePorts,
): Promise<number | null> {
  const { from, to, sealed } = newest;
  // Its own is handed over as ever; one of a log that has ended is not appended to another.
  const isOwn = ports.store.state()?.batch?.sealed.salt === sealed.salt;
  if (isOwn || sealed.record.log !== (await ports.logOrigin())) return to;
  const { status } = await ports.log.append({ idem: callsKey(agent.id, from), sealed, effect: null });
  if (status === "refused") throw new Error(`the log refused the calls ${from} to ${to} of ${agent.id}`);
  if (status === "logged") return to;
  await ports.audit.takeBack(agent.id, newest);
  return null;
}

async function numbersBySalt(agentId: string, from: number, audit: AuditRecord): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (let next = from; ;) {
    const page = await audit.salts(agentId, next, PAGE);
    for (const { number, salt } of page) numbers.set(salt, number);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return numbers;
    next = last.number + 1;
  }
}

/** Everything in one transaction: from then on this is what the object knows. */
function numberOn(found: Omit<CallsState, "folded">, recorded: ReadonlyMap<string, number>, store: CallStore): void {
  const there = store.notHandedOver(Number.MAX_SAFE_INTEGER).flatMap((call) => {
    const number = recorded.get(call.salt);
    return number === undefined ? [] : [{ call, number }];
  });
  const folded = store.state()?.folded ?? {};
  store.write((to) => {
    to.drop(there.filter(({ call }) => call.endsByMs === null).map(({ call }) => call.id));
    for (const { call, number } of there) if (call.endsByMs !== null) to.handedOver(call.id, number);
    to.state({ ...found, folded });
  });
}
