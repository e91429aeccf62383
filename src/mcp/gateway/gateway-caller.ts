/** One message of an agent to a server behind the gate, and what its answer is made with. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Agent } from "#gate/approvals/agent-approvals.ts";
import type { CallingAgent, CallingPorts } from "#gate/calls/calling.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import { unwrapId, wrapId } from "#rules/calls/session-token.ts";
import type { AgentFacts, PolicyInForce } from "#rules/policies/judged.ts";
import type { AcceptedForms } from "../accepted-forms.ts";
import type { CallerHeaders } from "./relay/upstream-message.ts";
import { VERSION_META } from "./meta.ts";
import type { RpcId } from "./rpc.ts";

export interface GatewayCaller {
  agent: Agent & CallingAgent;
  ports: CallingPorts;
  serverName: string;
  headers: CallerHeaders;
  /** The session as the client has it; null where it brings none. */
  sessionToken: string | null;
  /** `mcp-param-…` of that name, as it came. */
  paramHeader: (name: string) => string | null;
  accepted: AcceptedForms;
  /** Aborted when the client has gone, as far as that can be known. */
  gone: AbortSignal;
  /** Where people decide, and this address. */
  origin: string;
}

/** By what everything but a call is answered: the server as it is in force now. */
export interface AtServer {
  server: ServerInForce;
  facts: AgentFacts;
  policy: PolicyInForce;
}

const holder = ({ agent }: GatewayCaller, server: ServerInForce) => ({ agentId: agent.id, serverId: server.settings.id });

export const wrapSession = (caller: GatewayCaller, server: ServerInForce, session: string): string =>
  wrapId(caller.ports.serverSecret, "session", holder(caller, server), session);

/** The server's own session, null where the client brought none; refused where it is none of this agent's with this server. */
export function sessionOf(caller: GatewayCaller, server: ServerInForce): Result<string | null, "foreign"> {
  const { sessionToken, ports } = caller;
  if (sessionToken === null) return accept(null);
  const session = unwrapId(ports.serverSecret, "session", holder(caller, server), sessionToken);
  return session === null ? refuse("foreign") : accept(session);
}

export const wrapTask = (caller: GatewayCaller, server: ServerInForce, taskId: string): string =>
  wrapId(caller.ports.serverSecret, "task", holder(caller, server), taskId);

export const unwrapTask = (caller: GatewayCaller, server: ServerInForce, token: string): string | null =>
  unwrapId(caller.ports.serverSecret, "task", holder(caller, server), token);

/** A place in the stream that answers the request of this id (null: in one that answers none), by which an agent comes back to it. */
export const wrapEvent = (caller: GatewayCaller, server: ServerInForce, id: RpcId | null, event: string): string =>
  wrapId(caller.ports.serverSecret, "event", holder(caller, server), JSON.stringify([id, event]));

export function unwrapEvent(caller: GatewayCaller, server: ServerInForce, token: string): { id: RpcId | null; event: string } | null {
  const text = unwrapId(caller.ports.serverSecret, "event", holder(caller, server), token);
  if (text === null) return null;
  const [id, event] = JSON.parse(text) as [RpcId | null, string];
  return { id, event };
}

/** The first version without sessions (MCP 2026-07-28). */
const FIRST_STATELESS = "2026-07-28";

/** Whether a message is of the stateless protocol: then it says so itself, or its header does. */
export const isModern = (meta: JsonObject, { protocolVersion }: CallerHeaders): boolean =>
  typeof meta[VERSION_META] === "string" || (protocolVersion !== null && protocolVersion >= FIRST_STATELESS);
