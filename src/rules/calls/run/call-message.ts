/** A gated call as it goes to its server: made here from what was approved, byte for byte, and from nothing of the agent's headers. Pure. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import type { CallPayload, CallToSend } from "../gated-call.ts";
import { headerParams, headerText, scalarText } from "../header-params.ts";
import { JUDGED_METHODS } from "../server-settings.ts";

/** How a server is spoken to: the protocol's era, its version there, and the session; null where it has none. */
export type SpokenIn = Pick<CallToSend, "era" | "protocolVersion" | "session">;

const VERSION = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Its JSON-RPC id, and the token of its progress: unlike any of the agent's client, which may speak in the same session. */
export const sentCallId = (requestId: string): string => `countersign:${requestId}`;

/** Headers of a message to a server. */
export function spokenHeaders({ era, protocolVersion, session }: SpokenIn, method: string): Record<string, string> {
  return {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(protocolVersion !== "" && { "mcp-protocol-version": protocolVersion }),
    ...(session !== null && { "mcp-session-id": session }),
    ...(era === "modern" && { "mcp-method": method }),
  };
}

/** Members of the arguments that the tool's schema wants in headers of their own. */
const paramHeaders = (definition: JsonObject, args: JsonObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headerParams(definition["inputSchema"], args)).map(([name, text]) => [`mcp-param-${name}`, headerText(text)]),
  );

export interface MessageToServer {
  id: string;
  body: string;
  headers: Record<string, string>;
}

/** The method that a gated call is sent by: what is no tool is called by its own name. */
export const methodOf = ({ tool }: Pick<CallPayload, "tool">): string => (JUDGED_METHODS.includes(tool) ? tool : "tools/call");

/** What a method is about, as the current protocol says it in a header too. */
function aboutOf(payload: CallPayload, method: string): string | null {
  if (method === "tools/call") return payload.tool;
  return scalarText(payload.arguments[method === "resources/read" ? "uri" : "name"]);
}

/** In `_meta` of a call that was approved, where a rule says so: where its receipt is, and by what leaf of the log it is known. */
const RECEIPT_META = "dev.countersign/receipt";

export interface ReceiptPointer extends JsonObject {
  url: string;
  /** RFC 6962 hash of the leaf that approves it, hexadecimal. */
  leaf_hash: string;
}

/** The call in the session of `spoken`: canonical JSON, in which the arguments are the bytes that were approved. */
export function callMessage(
  requestId: string,
  payload: CallPayload,
  call: Pick<CallToSend, "meta" | "definition" | "trace">,
  spoken: SpokenIn,
  receipt: ReceiptPointer | null = null,
): MessageToServer {
  const id = sentCallId(requestId);
  const method = methodOf(payload);
  const meta: JsonObject = {
    ...call.meta,
    progressToken: id,
    ...(receipt !== null && { [RECEIPT_META]: receipt }),
    // A gated call is sent without anything that its server could ask the agent's client for.
    ...(spoken.era === "modern" && { [VERSION]: spoken.protocolVersion, [CAPABILITIES]: {} }),
  };
  const params: JsonObject =
    method === "tools/call" ? { name: payload.tool, arguments: payload.arguments, _meta: meta } : { ...payload.arguments, _meta: meta };
  const name = spoken.era === "modern" ? aboutOf(payload, method) : null;
  const headers = {
    ...spokenHeaders(spoken, method),
    ...(name !== null && { "mcp-name": headerText(name) }),
    ...(spoken.era === "modern" && paramHeaders(call.definition, payload.arguments)),
    ...(call.trace !== null && TRACEPARENT.test(call.trace) && { traceparent: call.trace }),
  };
  return { id, body: canonicalize({ jsonrpc: "2.0", id, method, params }), headers };
}

/** Tells a server of an earlier era that nobody waits for a call any more; in the current one the end of the exchange says it. */
export const cancelledBody = (id: string, reason: string): string =>
  canonicalize({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason } });
