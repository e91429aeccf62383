/**
 * One `tools/call` by itself, which is nearly all that agents send. It takes the SDK's own parts: what classifies a message and checks
 * its envelope, the server, and the transport of one exchange, for the versions before 2026-07-28 as well. Its whole handler, which
 * every other message goes through, takes half as long again for the same answer.
 */
import {
  classifyInboundRequest,
  isJSONRPCRequest,
  type JSONRPCRequest,
  type McpServer,
  type MessageClassification,
  PerRequestHTTPServerTransport,
  SdkError,
  SdkErrorCode,
} from "@modelcontextprotocol/server";
import { memberOf } from "./member-of.ts";
import { CURRENT_VERSION } from "./served-versions.ts";

const CALL = "tools/call";

/** A call that nothing is wrong with before it reaches its tool. */
export interface OneCall {
  message: JSONRPCRequest;
  classification: MessageClassification;
}

/** The call that a request is; null for anything else, and where headers and message do not agree: the SDK's handler answers for these. */
export function oneCall({ method: httpMethod, headers }: Request, body: unknown): OneCall | null {
  if (memberOf(body, "method") !== CALL) return null;
  const [version, method, name] = ["mcp-protocol-version", "mcp-method", "mcp-name"].map((header) => headers.get(header));
  const route = classifyInboundRequest({ httpMethod, body, ...(typeof version === "string" && { protocolVersionHeader: version }) });
  if (route.kind === "legacy") {
    return route.reason === "no-claim" && isJSONRPCRequest(body) ? { message: body, classification: { era: "legacy" } } : null;
  }
  const agrees = version === CURRENT_VERSION && method === CALL && name === memberOf(memberOf(body, "params"), "name");
  return route.kind === "modern" && route.messageKind === "request" && agrees ? route : null;
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
