/**
 * What a page tells beside a request, for whoever decides it: what its agent did lately, and of a tool call the one that was approved
 * last and with what its server is asked. Nobody signs any of it, nothing rests on it, and it shows nobody what they may not see.
 */
import { toolPin } from "#countersign/documents/tool-pin.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { chainIn } from "#countersign/documents/request.ts";
import { type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import type { RecentCall } from "#rules/calls/admission.ts";
import { traceId } from "#rules/calls/trace-id.ts";
import type { ServerAuthentication } from "#rules/calls/server-settings.ts";
import type { PageView, RemoteApproval } from "../remote-approval.ts";
import type { Snapshot } from "../snapshot.ts";
import { audits, mayLook, type Viewer } from "../visible-request.ts";

const HALF_HOUR_MS = 30 * 60_000;
/** What was done under the same trace is told from that far back. */
const DAY_MS = 24 * 60 * 60_000;

/** Another request of the same agent. */
export interface AgentRequest {
  id: string;
  at: string;
  /** Null for who may not see that request. */
  action: string | null;
  /** `pending`, or how it ended; null of what was erased from the log. */
  status: string | null;
}

export interface BesidePorts {
  /** The request of the call under this action that was approved last and that this person could decide; anybody's for null. */
  lastApprovedCall(action: string, personId: string | null): Promise<string | null>;
  approval(requestId: string): Pick<RemoteApproval, "page"> | null;
  /** What an agent asked for within that time, the last first; without its action what this person may not see. */
  requestsOf(agentId: string, personId: string | null, from: string, to: string): Promise<AgentRequest[]>;
  /** An agent's calls through the gateway (`RemoteCalls.recentCalls`); null where none are recorded. */
  recentCalls(agentId: string, sinceMs: number): Promise<RecentCall[] | null>;
  /** Agents of this person's that called under the trace of this id since then, as far as that is in the record. */
  agentsUnder(trace: string, sinceMs: number, owner: string): Promise<{ id: string; name: string }[]>;
  /** How the gate shows itself to this server now; null if it is not known any more. */
  authenticationOf(serverId: string): Promise<ServerAuthentication | null>;
  /** Whom agents of that owner are there now, of a server that is called as somebody; null for nobody. */
  connectedAs(serverId: string, owner: string): Promise<ConnectedAs | null>;
  now(): number;
}

/** Something that an agent did: a call, a request, or a call that people were asked about, which is both. */
export interface AgentStep {
  at: string;
  /** Server and tool, or the action of a request; null for who may not see it. */
  what: string | null;
  status: string | null;
  /** The request that this person may look at. */
  request: string | null;
  isSameTrace: boolean;
  /** The name of another agent, whose step under the same trace it is; null: of the agent that asks. */
  agent: string | null;
}

export interface Session {
  /** The last first. */
  steps: AgentStep[];
  /** Whether all of it could be read. */
  isWhole: boolean;
}

/** A call that was approved before. */
export interface Previous {
  request: string;
  approvedAt: string;
  payload: JsonObject;
}

/** `account`: in the issuer's words; null where it says nothing. `by`: the username of who was there. */
export interface ConnectedAs {
  account: string | null;
  by: string;
}

export interface CallFacts {
  definition: JsonObject;
  authentication: string | null;
  connectedAs: ConnectedAs | null;
}

/** Levels of a definition that a page can carry. */
const MOST_LEVELS = 48;

const isCall = ({ request }: Snapshot): boolean => request.context["source"] === "call";

/** Somebody who may look at everything is nobody's in the queries. */
const viewerId = (person: Viewer): string | null => (audits(person) ? null : person.id);

/** What the tool of a call is, if that is what the call is signed under; null otherwise. */
export async function callFacts({ snapshot, payload, call }: PageView, ports: BesidePorts): Promise<CallFacts | null> {
  if (!isCall(snapshot) || payload === null || call == null) return null;
  const { definition, serverId } = call;
  const isPinned = (JSON.parse(payload) as JsonObject)["schema_hash"] === toolPin(definition);
  if (!isPinned || !parseJson(JSON.stringify(definition), { maxDepth: MOST_LEVELS }).ok) return null;
  const authentication = await ports.authenticationOf(serverId).catch(() => null);
  const isSomebody = authentication?.kind === "authorization_code";
  const { owner } = snapshot.request.requested_by;
  const connectedAs = isSomebody ? await ports.connectedAs(serverId, owner).catch(() => null) : null;
  return { definition, authentication: authentication?.kind ?? null, connectedAs };
}

/**
 * The last approved call of the same server and tool that this person may look at, while people decide; null if there is none, its payload
 * is not kept any more, or it cannot be read. Who could not decide that one, and is no auditor, does not learn that there is one.
 */
export async function previousCall({ snapshot }: PageView, person: Viewer, ports: BesidePorts): Promise<Previous | null> {
  if (!isCall(snapshot) || snapshot.status !== "pending") return null;
  const id = await ports.lastApprovedCall(snapshot.request.action, viewerId(person)).catch(() => null);
  const found =
    id === null
      ? null
      : await ports
          .approval(id)
          ?.page(null)
          .catch(() => null);
  if (id === null || found == null || found.payload === null) return null;
  // The list only says where to look: its object says whose it is to see, and how it ended.
  const { status, endedAt, request } = found.snapshot;
  const isLike = isCall(found.snapshot) && request.action === snapshot.request.action;
  if (!mayLook(person, found.snapshot) || status !== "approved" || endedAt === null || !isLike) return null;
  return { request: id, approvedAt: endedAt, payload: JSON.parse(found.payload) as JsonObject };
}

/**
 * What the agent did from half an hour before it asked until now, or until that was decided; and whatever it did under the trace of the
 * call, within a day before, and whatever other agents of the same person did under it: one story. A trace only adds: it is the agent's own
 * word.
 */
export async function agentSession({ snapshot, call }: PageView, person: Viewer, ports: BesidePorts): Promise<Session> {
  const { id: own, requested_at: asked, requested_by: agent } = snapshot.request;
  const [askedMs, until] = [Date.parse(asked), snapshot.endedAt ?? timestamp(ports.now())];
  const from = timestamp(askedMs - HALF_HOUR_MS);
  // Nobody decides by it: what cannot be read now keeps nobody from the page.
  const trace = call?.trace ?? null;
  const [asks, calls, others] = await Promise.all([
    ports.requestsOf(agent.id, viewerId(person), from, until).catch(() => null),
    ports.recentCalls(agent.id, askedMs - DAY_MS).catch(() => null),
    trace === null ? [] : stepsOfOthers(snapshot, traceId(trace), askedMs - DAY_MS, ports).catch(() => null),
  ]);
  const requests = asks ?? [];
  const byId = new Map(requests.map((one) => [one.id, one]));
  const told = new Set([own]);
  const steps: AgentStep[] = [];
  for (const { at, server, tool, status, request, trace: other } of calls ?? []) {
    const isSameTrace = trace !== null && other !== null && traceId(other) === traceId(trace);
    if (request === own || at > until || !(isSameTrace || at >= from)) continue;
    const asking = request === null ? undefined : byId.get(request);
    if (request !== null) told.add(request);
    steps.push({ at, what: `${server}.${tool}`, status, request: asking?.action == null ? null : asking.id, isSameTrace, agent: null });
  }
  for (const { id, at, action, status } of requests) {
    if (!told.has(id)) steps.push({ at, what: action, status, request: action === null ? null : id, isSameTrace: false, agent: null });
  }
  steps.push(...(others ?? []).filter(({ at }) => at <= until));
  const isWhole = calls !== null && asks !== null && others !== null;
  return { steps: steps.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)), isWhole };
}

/** What other agents of the same person did under this trace: those in its chain, and those that the record knows. */
async function stepsOfOthers({ request }: Snapshot, id: string, sinceMs: number, ports: BesidePorts): Promise<AgentStep[]> {
  const { requested_by: own } = request;
  const found = await ports.agentsUnder(id, sinceMs, own.owner);
  const agents = new Map([...chainIn(request), ...found].filter((one) => one.id !== own.id).map((one) => [one.id, one.name]));
  const told = await Promise.all(
    [...agents].map(async ([agentId, agent]) =>
      ((await ports.recentCalls(agentId, sinceMs)) ?? [])
        .filter(({ trace }) => trace !== null && traceId(trace) === id)
        .map(({ at, server, tool, status }) => ({ at, what: `${server}.${tool}`, status, request: null, isSameTrace: true, agent })),
    ),
  );
  return told.flat();
}
