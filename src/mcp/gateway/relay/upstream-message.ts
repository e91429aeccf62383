/** What the gate sends to a server: headers made anew, and a body that it has serialised itself. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { headerText } from "#rules/calls/header-params.ts";
import type { RpcId } from "../rpc.ts";

/** Of the request that brought it. */
export interface CallerHeaders {
  protocolVersion: string | null;
  /** The server's own session, unwrapped. */
  session: string | null;
  /** The gate's name of a place in a stream (`wrapEvent`). */
  lastEventId: string | null;
  traceparent: string | null;
  tracestate: string | null;
}

const VERSION = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** What of a client's headers goes on; what is not as it should be is left out. */
export function callerHeaders(headers: Headers, session: string | null): CallerHeaders {
  const given = (name: string, pattern: RegExp) => {
    const value = headers.get(name);
    return value !== null && pattern.test(value) ? value : null;
  };
  return {
    protocolVersion: given("mcp-protocol-version", VERSION),
    session,
    lastEventId: given("last-event-id", /^[\x21-\x7e]{1,2000}$/),
    traceparent: given("traceparent", TRACEPARENT),
    tracestate: given("tracestate", TRACESTATE),
  };
}

/** What a message is about, as the current protocol says it in headers as well. */
export interface MessageName {
  method: string;
  /** Of a tool, prompt, resource or task; null where it has none. */
  name: string | null;
  /** Members of the arguments that the tool's schema wants in headers of their own. */
  params: Readonly<Record<string, string>>;
}

export function serverHeaders(from: CallerHeaders, about: MessageName | null): Record<string, string> {
  const { protocolVersion, session, traceparent, tracestate } = from;
  return {
    accept: "application/json, text/event-stream",
    "content-type": "application/json",
    ...(protocolVersion !== null && { "mcp-protocol-version": protocolVersion }),
    ...(session !== null && { "mcp-session-id": session }),
    ...(traceparent !== null && { traceparent }),
    ...(traceparent !== null && tracestate !== null && { tracestate }),
    ...(about !== null && { "mcp-method": about.method }),
    ...(about?.name != null && { "mcp-name": headerText(about.name) }),
    ...Object.fromEntries(Object.entries(about?.params ?? {}).map(([name, value]) => [`mcp-param-${name}`, headerText(value)])),
  };
}

/** The body of a request or, without an id, of a notification: canonical JSON. */
export const bodyOf = (id: RpcId | null, method: string, params: JsonObject): string =>
  canonicalize({ jsonrpc: "2.0", ...(id !== null && { id }), method, params });
