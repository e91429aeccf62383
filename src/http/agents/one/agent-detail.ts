/** One agent, with all that is told of it (api/agents/agent-data.ts). */
import { mayLookAmong, type Viewer } from "#gate/approvals/visible-request.ts";
import { type AgentDetail, REQUEST_ENDS } from "#api/agents/agent-data.ts";
import { auditOf } from "#config/audit.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { CallStatus } from "#countersign/documents/call.ts";
import type { Bindings } from "#config/bindings.ts";
import { agentById } from "#storage/agents.ts";
import { type NewestCall, type NewestRequest, MOST_REQUESTS_LOOKED_AT, newestCalls, newestRequests } from "#storage/agents/agent-past.ts";
import { oldKeysOf } from "#storage/keys/agent-keys.ts";
import type { Reads } from "#storage/near/near-reads.ts";
import { namesOf } from "#storage/people.ts";
import { agentsOf, itemOfAgent, proposedAround, stopsById } from "../agent-items.ts";

/** Requests and calls that are shown one by one. */
const SHOWN = 20;

interface DetailPorts {
  env: Bindings;
  reads: Reads;
  adminsRequired: number;
  nowMs: number;
}

type End = (typeof REQUEST_ENDS)[number];
const endOf = ({ status }: NewestRequest): End | null => REQUEST_ENDS.find((one) => one === status) ?? null;

const mayRead = (viewer: Viewer, { eligible }: NewestRequest): boolean => mayLookAmong(viewer, new Set(eligible));

function countsOf(requests: readonly NewestRequest[]): AgentDetail["requests"] {
  const looked = requests.slice(0, MOST_REQUESTS_LOOKED_AT);
  const of = (end: End): number => looked.filter((request) => endOf(request) === end).length;
  return {
    looked_at: looked.length,
    more: requests.length > looked.length,
    pending: of("pending"),
    approved: of("approved"),
    passed: of("passed"),
    denied: of("denied"),
    expired: of("expired"),
    cancelled: of("cancelled"),
  };
}

/** Null if the record of calls cannot be read: an agent is looked into also then. */
async function callsAsFarAsKnown(audit: D1Database, agentId: string): Promise<NewestCall[] | null> {
  try {
    return await newestCalls(audit, agentId, SHOWN);
  } catch (error) {
    logLine("calls-not-read", { agent: agentId, error: errorText(error) });
    return null;
  }
}

/** Null if there is no such agent. */
export async function agentDetailOf(agentId: string, viewer: Viewer, ports: DetailPorts): Promise<AgentDetail | null> {
  const { env, reads, adminsRequired, nowMs } = ports;
  const stored = await agentById(env.DB, agentId);
  if (stored === null) return null;
  const audit = auditOf(env);
  const top = stored.chain?.[0]?.id ?? agentId;
  const [proposed, oldKeys, requests, calls, owners] = await Promise.all([
    proposedAround(env.DB, adminsRequired, nowMs),
    oldKeysOf(env.DB, agentId),
    newestRequests(env.DB, agentId, timestamp(nowMs)),
    audit === null ? [] : callsAsFarAsKnown(audit, agentId),
    namesOf(reads, [stored.owner]),
  ]);
  const now = await agentsOf(env.DB, [top, agentId], proposed, nowMs);
  return {
    // A list leaves out what ended with those above it, which has to be looked into all the same.
    ...itemOfAgent(stored, stopsById(now.stops)),
    owner_name: owners[0]?.username ?? stored.owner,
    key: { number: stored.keyNumber, prefix: stored.keyPrefix, made_at: stored.keyMadeAt ?? stored.createdAt },
    old_keys: oldKeys.map(({ number, prefix, madeAt, replacedAt, endsAt }) => ({
      number,
      prefix,
      made_at: madeAt,
      replaced_at: replacedAt,
      ends_at: endsAt,
    })),
    last_asked_at: requests[0]?.requestedAt ?? null,
    last_call_at: calls?.[0]?.at ?? null,
    requests: countsOf(requests),
    recent_requests: requests.slice(0, SHOWN).map((request) => ({
      id: request.id,
      action: mayRead(viewer, request) ? request.action : null,
      requested_at: request.requestedAt,
      ended_at: request.endedAt,
      status: endOf(request),
      risk: request.risk,
    })),
    recent_calls: calls?.map(({ status, request, ...call }) => ({ ...call, status: status as CallStatus, request_id: request })) ?? null,
    agents_below: now.items.filter(({ id, below }) => id !== agentId && below?.chain.some((above) => above.id === agentId) === true),
    changes: now.proposed.changes.filter(({ id }) => id === agentId),
    releases: now.proposed.releases.filter(({ agent }) => agent?.id === agentId),
    rotations: now.proposed.rotations.filter(({ id }) => id === agentId),
  };
}
