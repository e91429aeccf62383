/**
 * One `tools/call` by itself, which is nearly all that agents send: what is one, and how those that are not plain (direct-answer.ts) are
 * answered. It takes the SDK's own parts: what classifies a message and checks its envelope, the server, and the transport of one
 * exchange, for the versions before 2026-07-28 as well. Its whole handler, which every other message goes through, takes half as long
 * again for the same answer.
 */
import {
  type CallToolResult,
  classifyInboundRequest,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  isJSONRPCRequest,
  type JSONRPCRequest,
  type McpServer,
  type MessageClassification,
  PerRequestHTTPServerTransport,
  PROTOCOL_VERSION_META_KEY,
  SdkError,
  SdkErrorCode,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import type { JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { memberOf } from "./member-of.ts";
import { CURRENT_VERSION } from "./served-versions.ts";

const CALL = "tools/call";

/** A call that nothing is wrong with before it reaches its tool. */
export interface OneCall {
  message: JSONRPCRequest;
  classification: MessageClassification;
}

/** Members that an envelope may have without anybody reading it, and what its client may say of itself. */
const PLAIN_ENVELOPE: ReadonlySet<string> = new Set([PROTOCOL_VERSION_META_KEY, CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY]);
const PLAIN_CLIENT: ReadonlySet<string> = new Set(["name", "title", "version"]);
const PROTOCOLS_OWN = /^(?:io\.modelcontextprotocol\/|progressToken$)/;

const isOf = (value: unknown, names: ReadonlySet<string>, isIt: (member: unknown) => boolean): boolean =>
  isObject(value as JsonValue) && Object.entries(value as object).every(([name, member]) => names.has(name) && isIt(member));
const isEmptyObject = (value: unknown): boolean => isObject(value as JsonValue) && Object.keys(value as object).length === 0;

/** A client that says its name and version; or nothing. */
const isPlainClient = (client: unknown): boolean =>
  client === undefined ||
  (isOf(client, PLAIN_CLIENT, (said) => typeof said === "string") &&
    memberOf(client, "name") !== undefined &&
    memberOf(client, "version") !== undefined);

/**
 * Of which era a call is, seen at a glance; null where it has to be looked at. Most calls have nothing in them that needs the schemas of
 * the SDK, which take as long as the arguments'.
 */
export function eraAtAGlance(message: unknown, version: string | null): MessageClassification["era"] | null {
  if (!isOf(message, MESSAGE, () => true)) return null;
  const [jsonrpc, id, params] = ["jsonrpc", "id", "params"].map((name) => memberOf(message, name));
  if (jsonrpc !== "2.0" || !(typeof id === "string" || Number.isSafeInteger(id)) || !isObject(params as JsonValue)) return null;
  const { _meta: meta = {} } = params as JsonObject;
  if (!isObject(meta)) return null;
  const own = Object.keys(meta).filter((name) => PROTOCOLS_OWN.test(name));
  if (own.length === 0) return version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version) ? "legacy" : null;
  const isPlain =
    version === CURRENT_VERSION &&
    own.every((name) => PLAIN_ENVELOPE.has(name)) &&
    memberOf(meta, PROTOCOL_VERSION_META_KEY) === CURRENT_VERSION &&
    isEmptyObject(memberOf(meta, CLIENT_CAPABILITIES_META_KEY)) &&
    isPlainClient(memberOf(meta, CLIENT_INFO_META_KEY));
  return isPlain ? "modern" : null;
}
const MESSAGE: ReadonlySet<string> = new Set(["jsonrpc", "id", "method", "params"]);

/** The call that a request is; null for anything else, and where headers and message do not agree: the SDK's handler answers for these. */
export function oneCall({ method: httpMethod, headers }: Request, body: unknown): OneCall | null {
  if (memberOf(body, "method") !== CALL) return null;
  const [version, method, name] = ["mcp-protocol-version", "mcp-method", "mcp-name"].map((header) => headers.get(header));
  const agrees = version === CURRENT_VERSION && method === CALL && name === memberOf(memberOf(body, "params"), "name");
  const era = httpMethod === "POST" ? eraAtAGlance(body, version ?? null) : null;
  if (era === "legacy") return { message: body as JSONRPCRequest, classification: { era } };
  if (era === "modern") return agrees ? { message: body as JSONRPCRequest, classification: { era, revision: CURRENT_VERSION } } : null;
  const route = classifyInboundRequest({ httpMethod, body, ...(typeof version === "string" && { protocolVersionHeader: version }) });
  if (route.kind === "legacy") {
    return route.reason === "no-claim" && isJSONRPCRequest(body) ? { message: body, classification: { era: "legacy" } } : null;
  }
  return route.kind === "modern" && route.messageKind === "request" && agrees ? route : null;
}

/** A server that answers with the end of a call that has begun already, and tells it when nobody is there any more. */
export function goingOn(mcp: McpServer, result: Promise<CallToolResult>, gone: AbortController): McpServer {
  mcp.server.setRequestHandler("tools/call", (_, { mcpReq }) => {
    mcpReq.signal.addEventListener("abort", () => gone.abort(), { once: true });
    return result;
  });
  return mcp;
}

/** Answers it with a server that is connected to nothing else: in a stream, or in one document unless there is progress to tell of. */
export async function serveCall(
  { message, classification }: OneCall,
  request: Request,
  mcp: McpServer,
  inStream: boolean,
): Promise<Response> {
  const transport = new PerRequestHTTPServerTransport({ classification, responseMode: inStream ? "sse" : "auto" });
  await mcp.connect(transport);
  try {
    return await transport.handleMessage(message, { request });
  } catch (error) {
    // Nobody is there any more to take it.
    if (error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed) return new Response(null, { status: 499 });
    throw error;
  }
}
