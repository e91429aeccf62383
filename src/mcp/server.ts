/**
 * The MCP endpoint: streamable HTTP, stateless, protocol 2026-07-28 and the 2025 versions at one address. Who calls has
 * been established before; every refusal of a tool is a tool error with a code, so that an agent can read it.
 */
import {
  createMcpHandler,
  isLegacyRequest,
  type McpRequestContext,
  type McpServer,
  type ProtocolError,
  ProtocolErrorCode,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import { type Failure, KEY_REVOKED } from "#rules/failure.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { type AcceptedForms, BOTH_FORMS, EVERY_FORM } from "./accepted-forms.ts";
import { memberOf } from "./member-of.ts";
import { furtherMessages, idOf, reachesTool, type ReadMessage, readMessage, suitsJson } from "./message.ts";
import type { Within } from "./tool-call.ts";
import { answerInJson, answerInStream, plainCall } from "./direct-answer.ts";
import { goingOn, type OneCall, oneCall, serveCall } from "./one-call.ts";
import { refusedVersion } from "./served-versions.ts";
import { serverFor } from "./server-for.ts";
import { refusedSubscription } from "./tasks.ts";
import type { Caller, CallerLimit, ServedTool } from "./tool.ts";

/** Requests that are one call of a tool, whose line in the log says all that a line of their own would. */
const toldByTool = new WeakSet<Request>();
export const isToldByTool = (request: Request): boolean => toldByTool.has(request);

/** The rule that a message broke. After the colon the SDK repeats what the caller wrote, which no log line may. */
const withoutDetails = (error: Error): string => /^[^:"']*/.exec(errorText(error))?.[0] ?? error.name;

const refusedMessage = (id: unknown, { code, message, data }: Pick<ProtocolError, "code" | "message" | "data">): Response =>
  Response.json({ jsonrpc: "2.0", id, error: { code, message, data } }, { status: 400 });

const parseError = ({ code, message }: Failure): Response =>
  refusedMessage(null, { code: ProtocolErrorCode.ParseError, message, data: { code } });

/** What the SDK sees of a request: with what `Accept` says already understood. It serves clients of the versions before that name both only. */
function asUnderstood(request: Request): Request {
  const { url, method, headers, signal } = request;
  if (namesBoth(headers.get("accept"))) return request;
  const understood = new Headers(headers);
  understood.set("accept", BOTH_FORMS);
  return new Request(url, { method, headers: understood, signal });
}
const namesBoth = (accept: string | null): boolean => accept?.includes("application/json") === true && accept.includes("text/event-stream");

/** Answers a client of the versions before 2026-07-28 with one JSON document. Left to itself, the SDK gives them streams. */
async function serveInJson(mcp: McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await mcp.connect(transport);
  request.signal.addEventListener("abort", () => void mcp.close(), { once: true });
  try {
    return await transport.handleRequest(request, { parsedBody });
  } finally {
    await mcp.close();
  }
}

type MakeServer = (era: McpRequestContext["era"]) => McpServer;

/** What a call by itself comes to: answered here if it is plain, otherwise by the SDK's parts. */
function answeredCall(call: OneCall, request: Request, caller: Caller, tools: readonly ServedTool[], within: Within, server: MakeServer) {
  const { accepted, message, over } = within;
  const { era } = call.classification;
  const inStream = era === "modern" ? !accepted.json : !suitsJson(accepted, message);
  const plain = over === null ? plainCall(call, tools) : null;
  if (plain === null) return serveCall(call, request, server(era), inStream);
  toldByTool.add(request);
  if (!inStream) return answerInJson(plain, request, caller, within);
  return answerInStream(plain, request, caller, within, (result, gone) =>
    serveCall(call, request, goingOn(server(era), result, gone), true),
  );
}

/** What a message that has been read, or a request without one, comes to. */
async function answered(
  request: Request,
  caller: Caller,
  tools: readonly ServedTool[],
  within: Within,
  server: MakeServer,
  onerror: (error: Error) => void,
): Promise<Response> {
  const { message, accepted } = within;
  const call = oneCall(request, message);
  if (call !== null) return answeredCall(call, request, caller, tools, within, server);
  const understood = asUnderstood(request);
  if (message !== undefined && suitsJson(accepted, message) && (await isLegacyRequest(understood, message))) {
    return serveInJson(server("legacy"), understood, message);
  }
  const handler = createMcpHandler(({ era }) => server(era), { onerror, responseMode: accepted.json ? "auto" : "sse" });
  return handler.fetch(understood, { parsedBody: message });
}

/** Null if the caller is admitted, and all messages of a list are served, each counted as a call. */
async function overWith(messages: number, { agent }: Caller, limit: CallerLimit | null): Promise<Failure | null> {
  if (limit === null) return null;
  const refused = await agent.admitted();
  if (refused !== null) return refused;
  for (let more = 0; more < messages; more++) {
    const over = await limit.admit();
    if (over !== null) return over;
  }
  return null;
}

const calledTool = (tools: readonly ServedTool[], message: unknown): ServedTool | undefined => {
  const name = memberOf(message, "method") === "tools/call" ? memberOf(memberOf(message, "params"), "name") : null;
  return tools.find((tool) => tool.name === name);
};

/**
 * Answers one MCP request with these tools, no two of one name. `text` is the raw body of a POST, null otherwise. Who calls too often
 * gets a tool error, or for what is no call of a tool what `limit` answers; null limits nothing. Everything the SDK needs is made anew:
 * it takes microseconds, and what one caller has nobody else can reach.
 */
export async function serveMcp(
  request: Request,
  text: string | null,
  caller: Caller,
  tools: readonly ServedTool[],
  limit: CallerLimit | null = null,
  accepted: AcceptedForms = EVERY_FORM,
): Promise<Response> {
  const body: ReadMessage = text === null ? { toServe: undefined, badArguments: null } : readMessage(text);
  const tool = "refused" in body ? undefined : calledTool(tools, body.toServe);
  const startsAtOnce = tool?.startsAtOnce === true && "toServe" in body && body.badArguments === null;
  const over = startsAtOnce ? null : await overWith("refused" in body ? 0 : furtherMessages(body.toServe), caller, limit);
  if (limit !== null && over !== null && ("refused" in body || !reachesTool(body.toServe))) return limit.refuse(over);
  if ("refused" in body) return parseError(body.refused);
  const { toServe, badArguments } = body;
  const onerror = (error: Error) => logLine("mcp-refused", { agent: caller.agent.id, reason: withoutDetails(error) });
  const unserved = text === null ? null : refusedVersion(request.headers.get("mcp-protocol-version"), toServe);
  if (unserved !== null) {
    onerror(unserved);
    return refusedMessage(idOf(toServe), unserved);
  }
  const refused = refusedSubscription(toServe);
  if (refused !== null) return refused;
  const within: Within = { limit, over, badArguments, accepted, message: toServe, counts: [] };
  const response = await answered(request, caller, tools, within, (era) => serverFor(caller, tools, within, era), onerror);
  await Promise.all(within.counts);
  // A tool's answer says so itself.
  if (limit !== null && tool === undefined && (await caller.agent.stands()) === null) return limit.refuse(KEY_REVOKED);
  // Streams say only no-cache by themselves.
  response.headers.set("cache-control", "no-store, no-transform");
  return response;
}
