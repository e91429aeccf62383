/** What an agent did lately: what its object holds still, and what of it is in the record. */
import type { RecentCall } from "#rules/calls/admission.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AuditRecord } from "./audit-record.ts";
import { membersOfEnd } from "#rules/calls/record/call-record.ts";
import type { KeptCall } from "#rules/calls/record/kept-call.ts";
import type { CallStore } from "./kept-calls.ts";

const MOST = 100;

const recentOf = (call: KeptCall): RecentCall => {
  const { status, request } = membersOfEnd(call.facts, call.end);
  const { server, tool, rule } = call.facts;
  return { number: call.number ?? call.id, at: timestamp(call.atMs), server: server.name, tool, status, rule, trace: call.trace, request };
};

/** `RemoteCalls.recentCalls`. What is on its way is in both, and shown once, as the object has it. */
export async function recentCalls(
  agentId: string,
  sinceMs: number,
  { store, audit }: { store: CallStore; audit: AuditRecord },
): Promise<RecentCall[]> {
  const recorded = await audit.since(agentId, sinceMs, MOST);
  const own = store.since(sinceMs, MOST);
  const salts = new Set(own.map(({ salt }) => salt));
  const others = recorded.filter(({ salt }) => !salts.has(salt)).map(({ salt: _, ...call }) => call);
  return [...own.map(recentOf), ...others].toSorted((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0)).slice(0, MOST);
}
