/** What an agent asks, and what is sent of it. */
import type { JsonObject } from "../../json/canonical-json.ts";

/** What an agent asks. */
export interface Ask {
  /** What is to be done, in at most 200 characters. */
  action: string;
  /**
   * Everything that the action will use: an object of JSON's own values. Whatever else it is or holds, such as undefined, NaN, a Date
   * or a class's instance, is refused with the code that the service has for it, and nothing is sent.
   */
  payload: unknown;
  reason?: string;
  /** Anybody who may approve, if not given. */
  approvers?: { users?: string[]; groups?: string[]; required?: number };
  expiresInSeconds?: number;
  /** The tool that it will be done with, and the MCP server of that tool: the service's rules may be about them. */
  tool?: string;
  server?: string;
  /** Publishes it in the service's log if it is approved: the request, the payload, who decided and when. */
  reveal?: boolean;
  /** Made for this one call if not given. The same key finds the same request. */
  idempotencyKey?: string;
}

/** The body of the call. Says nothing of what is not asked for. Does not wait. */
export function askingBody({ action, reason, approvers, expiresInSeconds, reveal, tool, server }: Ask, payload: JsonObject): JsonObject {
  const body: JsonObject = { action, payload, wait_seconds: 0 };
  if (reason !== undefined) body["reason"] = reason;
  if (approvers !== undefined) body["approvers"] = { ...approvers };
  if (expiresInSeconds !== undefined) body["expires_in_seconds"] = expiresInSeconds;
  if (reveal !== undefined) body["reveal"] = reveal;
  if (tool !== undefined) body["tool"] = tool;
  if (server !== undefined) body["server"] = server;
  return body;
}
