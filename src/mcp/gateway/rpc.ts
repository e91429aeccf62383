/** JSON-RPC at a server's address: one message a request, and answers that the gate itself gives. */
import type { Hashable, JsonObject, JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";

export type RpcId = string | number;

/** What a client has sent. */
export type ClientMessage =
  | { kind: "request"; id: RpcId; method: string; params: JsonObject }
  | { kind: "notification"; method: string; params: JsonObject }
  /** To what the server has asked it. */
  | { kind: "response"; message: JsonObject };

export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;
export const PARSE_ERROR = -32700;
/** Headers and message do not agree (MCP 2026-07-28, "Header validation"). */
export const HEADER_MISMATCH = -32020;

const isId = (value: JsonValue | undefined): value is RpcId => typeof value === "string" || typeof value === "number";

/** The message; null for what is none, a list of them included. */
export function readClientMessage(value: JsonValue): ClientMessage | null {
  if (!isObject(value) || value["jsonrpc"] !== "2.0") return null;
  const { id, method, params = {} } = value;
  if (method === undefined)
    return isId(id) && (isObject(value["error"]) || "result" in value) ? { kind: "response", message: value } : null;
  if (typeof method !== "string" || !isObject(params)) return null;
  if (id === undefined) return { kind: "notification", method, params };
  return isId(id) ? { kind: "request", id, method, params } : null;
}

export const rpcResult = (id: RpcId, result: object) => ({ jsonrpc: "2.0", id, result });

export const rpcError = (id: RpcId | null, code: number, message: string, data?: Hashable) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data !== undefined && { data }) },
});

const HEADERS = { "cache-control": "no-store, no-transform" } as const;

/** One JSON document. */
export const answerJson = (document: object, status = 200): Response => Response.json(document, { status, headers: HEADERS });

/** The text of one JSON document, sent as it is. */
export const jsonAnswer = (text: string, headers: Record<string, string> = {}, status = 200): Response =>
  new Response(text, { status, headers: { ...HEADERS, "content-type": "application/json", ...headers } });

export const streamHeaders = (headers: Record<string, string> = {}): Record<string, string> => ({
  ...HEADERS,
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
  ...headers,
});

/** One event of a stream. */
export const sseEvent = (text: string): string => `event: message\ndata: ${text}\n\n`;
