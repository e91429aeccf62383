/**
 * What agents send, as the one child of all of them hears it, and what it says, as each of them does: under ids and progress tokens of the
 * gate's own, which are nobody else's. Pure. What a child says stays byte for byte but for these.
 */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { memberText } from "#rules/calls/run/message-text.ts";

/** A message to a server, as the gate has serialised it. */
export interface ChildRequest {
  id: string | number;
  method: string;
  params: JsonObject;
}

/** Null for what is no request: then nobody waits for an answer. */
export function childRequestOf(message: JsonObject): ChildRequest | null {
  const { id, method, params = {} } = message;
  if (typeof method !== "string" || !isObject(params)) return null;
  return typeof id === "string" || typeof id === "number" ? { id, method, params } : null;
}

/** The request under that id. Arguments in canonical form stay what they are. */
export function forChild({ method, params }: ChildRequest, id: string): string {
  const { _meta: meta } = params;
  const own = isObject(meta) && meta["progressToken"] !== undefined ? { _meta: { ...meta, progressToken: id } } : {};
  return canonicalize({ jsonrpc: "2.0", id, method, params: { ...params, ...own } });
}

export const cancelledForChild = (id: string): string =>
  canonicalize({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: id, reason: "nobody waits for it any more" } });

/** The child's answer as that to the request of this id; null if it is none. */
export function answerFor(id: string | number, text: string): string | null {
  const [result, error] = [memberText(text, "result"), memberText(text, "error")];
  if ((result === null) === (error === null)) return null;
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${result === null ? `"error":${error}` : `"result":${result}`}}`;
}

/** The child's progress under the token that was asked with. */
export const progressFor = (token: string | number, params: JsonObject): string =>
  JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { ...params, progressToken: token } });
