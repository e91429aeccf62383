/**
 * An MCP server's address at the gate (`/mcp/<server>`): one message a request, each dealt with as the table below says, and anything that
 * it does not name refused.
 */
import { canonicalize, type JsonObject, parseJson } from "#countersign/json/canonical-json.ts";
import { jsonFailure } from "#api/check-input.ts";
import { mayEnter } from "#rules/agents/below.ts";
import { type Failure, KEY_REVOKED, NOT_DELEGATED } from "#rules/failure.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { decodedHeader } from "#rules/calls/header-params.ts";
import type { ServerFeatures } from "#rules/calls/server-settings.ts";
import { askServer, brokenFailure, tellServer, upstreamFailure } from "./relay/ask-server.ts";
import { serveOwnTask } from "./held/call-tasks.ts";
import { callTool, judged } from "./call-tool.ts";
import { type AtServer, type GatewayCaller, isModern, sessionOf, unwrapTask } from "./gateway-caller.ts";
import { beginWith } from "./initialize.ts";
import { metaForServer, metaOf } from "./meta.ts";
import { EXPLAIN_POLICY, RESUME_CALL } from "./own-tools.ts";
import { explainCall, resumeCall } from "./own-tool-calls.ts";
import {
  answerJson,
  jsonAnswer,
  type ClientMessage,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  readClientMessage,
  rpcError,
  type RpcId,
} from "./rpc.ts";
import { namingTask } from "./relay/server-messages.ts";
import { serveStream } from "./relay/streams.ts";
import { acceptedPrompts } from "./prompt-list.ts";
import { listAcceptedTools } from "./tool-list.ts";
import { bodyOf, serverHeaders } from "./relay/upstream-message.ts";
import { CHALLENGE_METHOD, serveChallenge } from "./verified/challenge-method.ts";

type ClientRequest = Extract<ClientMessage, { kind: "request" }>;

/** Which of a server's features has to be on for a method; methods of no feature are always there. */
const NEEDS: Readonly<Record<string, keyof ServerFeatures>> = {
  "resources/list": "resources",
  "resources/templates/list": "resources",
  "resources/read": "resources",
  "resources/subscribe": "resources",
  "resources/unsubscribe": "resources",
  "prompts/list": "prompts",
  "prompts/get": "prompts",
  "completion/complete": "completion",
};
/** Judged as tools of these names. */
const JUDGED = ["resources/read", "prompts/get", "completion/complete"];
/** Passed as they are, within their own session. */
const PASSED = ["ping", "logging/setLevel", "resources/list", "resources/templates/list", "resources/subscribe", "resources/unsubscribe"];
const OF_TASKS = ["tasks/get", "tasks/update", "tasks/cancel", "tasks/result"];
const NOTIFICATIONS = [
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
];

/** What everything but a call is answered by: read of one moment. Refuses where there is no such server. */
export async function atServer({ agent, ports, serverName }: GatewayCaller): Promise<Result<AtServer, Failure>> {
  const facts = await agent.stands();
  if (facts === null) return refuse(KEY_REVOKED);
  const [{ servers }, policy] = await Promise.all([ports.serversOf(facts.epoch), ports.approvals.policyOf(facts.epoch)]);
  const server = servers.find(({ settings }) => settings.name === serverName);
  if (server === undefined) return refuse({ code: "unknown_server", message: `There is no server ${serverName.slice(0, 40)} here.` });
  return mayEnter(facts.below?.scope, serverName) ? accept({ server, facts, policy }) : refuse(NOT_DELEGATED);
}

export const rpcFailure = (id: RpcId | null, { code, message }: Failure, status = 200): Response =>
  answerJson(rpcError(id, INTERNAL_ERROR, message, { code }), status);

/** Answers a POST. `text`: its body. */
export async function serveMessage(text: string, request: Request, caller: GatewayCaller): Promise<Response> {
  const parsed = parseJson(text);
  if (!parsed.ok) return unreadable(text, jsonFailure(parsed.refusal, "$.params.arguments"), parsed.refusal.reason === "malformed");
  const message = readClientMessage(parsed.value);
  if (message === null) {
    const what = Array.isArray(parsed.value)
      ? "Send one message a request: no list of them is taken here."
      : "This is no message of the protocol.";
    return answerJson(rpcError(null, INVALID_REQUEST, what), 400);
  }
  if (message.kind === "response") return passOn(caller, canonicalize(message.message));
  const mismatch = message.kind === "request" ? headersDisagree(message, request.headers, caller) : null;
  if (mismatch !== null && message.kind === "request") return answerJson(rpcError(message.id, HEADER_MISMATCH, mismatch), 400);
  if (message.kind === "notification") {
    if (!NOTIFICATIONS.includes(message.method)) return new Response(null, { status: 202 });
    return passOn(caller, bodyOf(null, message.method, message.params));
  }
  return serveRequest(message, caller);
}

/** Arguments that are no JSON under the rules are the tool's refusal, with the place; anything else is the protocol's. */
function unreadable(text: string, failure: Failure, isMalformed: boolean): Response {
  const place = failure.errors?.[0]?.field ?? "";
  let message: unknown = null;
  try {
    // Only for the id and the method, of what is refused in any case.
    message = isMalformed ? null : JSON.parse(text);
  } catch {
    message = null;
  }
  const call = message === null ? null : readClientMessage(message as JsonObject);
  if (call?.kind !== "request" || call.method !== "tools/call" || place.startsWith("$"))
    return answerJson(rpcError(call?.kind === "request" ? call.id : null, PARSE_ERROR, failure.message, { code: failure.code }), 400);
  return answerJson(
    rpcError(call.id, INVALID_PARAMS, failure.message, { code: "arguments_invalid", errors: [{ field: place, message: failure.message }] }),
  );
}

/** The stateless protocol says method and name in headers as well: proxies read them there. Null if they agree. */
function headersDisagree({ method, params }: ClientRequest, headers: Headers, caller: GatewayCaller): string | null {
  const meta = metaOf(params);
  if (!isModern(meta, caller.headers)) return null;
  if (headers.get("mcp-method") !== method) return "The header Mcp-Method has to name the message's method.";
  const name =
    method === "tools/call" || method === "prompts/get"
      ? params["name"]
      : method === "resources/read"
        ? params["uri"]
        : method.startsWith("tasks/")
          ? params["taskId"]
          : undefined;
  if (typeof name === "string" && decodedHeader(headers.get("mcp-name") ?? "") !== name)
    return "The header Mcp-Name has to name what the message is about.";
  return null;
}

async function serveRequest(message: ClientRequest, caller: GatewayCaller): Promise<Response> {
  const { id, method, params } = message;
  if (method === "tools/call" && params["name"] !== RESUME_CALL && params["name"] !== EXPLAIN_POLICY) return callTool(message, caller);
  const at = await atServer(caller);
  if (!at.ok) return rpcFailure(id, at.refusal, 404);
  const { server, facts } = at.value;
  if (facts.isStopped && method === "tools/call")
    return rpcFailure(id, { code: "agent_stopped", message: "This agent, or everything, is stopped." });
  if (method === "tools/call")
    return params["name"] === RESUME_CALL ? resumeCall(message, caller, at.value) : explainCall(message, caller, at.value);
  if (method === "tools/list") return listAcceptedTools(caller, at.value, message);
  if (method === "initialize" || method === "server/discover") {
    const begun = await beginWith(caller, at.value, message);
    return begun.ok ? begun.value : rpcFailure(id, begun.refusal);
  }
  if (method === CHALLENGE_METHOD) return serveChallenge(message, caller, at.value);
  const needs = NEEDS[method];
  if (needs !== undefined && server.settings.features[needs] !== true) return notFound(message, caller);
  if (JUDGED.includes(method)) return judged(message, caller, { method, tool: method, args: withoutMeta(params) });
  if (method === "subscriptions/listen") return serveStream(caller, at.value, message);
  if (method === "prompts/list") {
    const listed = (text: string) => acceptedPrompts(text, server);
    return passRequest(message, caller, at.value, listed);
  }
  if (OF_TASKS.includes(method)) return (await serveOwnTask(message, caller, server.settings.id)) ?? passTask(message, caller, at.value);
  return PASSED.includes(method) ? passRequest(message, caller, at.value) : notFound(message, caller);
}

/** The stateless protocol says it in the status too. */
const notFound = ({ id, method, params }: ClientRequest, { headers }: GatewayCaller): Response =>
  answerJson(
    rpcError(id, METHOD_NOT_FOUND, `${method.slice(0, 100)} is not let through here.`),
    isModern(metaOf(params), headers) ? 404 : 200,
  );

const withoutMeta = ({ _meta: _, ...params }: JsonObject): JsonObject => params;

/** A request whose answer only has to be masked; `named` makes it what the agent gets: null for what cannot be read. */
async function passRequest(
  { id, method, params }: ClientRequest,
  caller: GatewayCaller,
  { server }: AtServer,
  named: (text: string) => string | null = (text) => text,
): Promise<Response> {
  const session = sessionOf(caller, server);
  if (!session.ok) return answerJson(rpcError(id, INVALID_PARAMS, "There is no such session of yours."), 404);
  const meta = metaForServer(metaOf(params), server.settings.features, false);
  const passed = { ...withoutMeta(params), ...(Object.keys(meta).length > 0 && { _meta: meta }) };
  const uri = params["uri"] ?? params["taskId"];
  const name = { method, name: typeof uri === "string" ? uri : null, params: {} };
  const asked = await askServer(caller, server, { id, method, params: passed, session: session.value, name });
  if (asked.ok) {
    const told = named(asked.value.message.text);
    return told === null ? rpcFailure(id, brokenFailure(server, "not-a-message")) : jsonAnswer(told);
  }
  return asked.refusal instanceof Response ? asked.refusal : rpcFailure(id, asked.refusal);
}

/** Of a task of the server's own, which this agent was given. */
function passTask(message: ClientRequest, caller: GatewayCaller, at: AtServer): Promise<Response> | Response {
  const { taskId } = message.params;
  const own = typeof taskId === "string" ? unwrapTask(caller, at.server, taskId) : null;
  if (own === null || typeof taskId !== "string")
    return answerJson(rpcError(message.id, INVALID_PARAMS, "There is no such task of yours."));
  return passRequest({ ...message, params: { ...message.params, taskId: own } }, caller, at, (text) => namingTask(text, taskId));
}

/** Something that nobody waits for: to the server, in the client's own session. */
async function passOn(caller: GatewayCaller, body: string): Promise<Response> {
  const at = await atServer(caller);
  if (!at.ok) return rpcFailure(null, at.refusal, 404);
  const session = sessionOf(caller, at.value.server);
  if (!session.ok) return answerJson(rpcError(null, INVALID_PARAMS, "There is no such session of yours."), 404);
  await tellServer(caller, at.value.server, session.value, body);
  return new Response(null, { status: 202 });
}

/** Ends the client's session with the server. */
export async function endServerSession(caller: GatewayCaller): Promise<Response> {
  const at = await atServer(caller);
  if (!at.ok) return rpcFailure(null, at.refusal, 404);
  const session = sessionOf(caller, at.value.server);
  if (!session.ok || session.value === null) return answerJson(rpcError(null, INVALID_PARAMS, "There is no such session of yours."), 404);
  const headers = serverHeaders({ ...caller.headers, session: session.value }, null);
  const signal = AbortSignal.timeout(10_000);
  const sent = await caller.ports.upstream.send(at.value.server, { method: "DELETE", body: null, headers, signal });
  if (!sent.ok) return rpcFailure(null, upstreamFailure(at.value.server, sent.refusal), 502);
  await sent.value.response.body?.cancel();
  return new Response(null, { status: sent.value.response.status });
}
