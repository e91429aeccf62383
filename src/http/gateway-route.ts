/** `/mcp/<server>`: an MCP server behind the gate. Reads the body once, and hands over to src/mcp/gateway. */
import type { Context } from "hono";
import { acceptedForms } from "#mcp/accepted-forms.ts";
import { atServer, endServerSession, rpcFailure, serveMessage } from "#mcp/gateway/serve-gateway.ts";
import type { GatewayCaller } from "#mcp/gateway/gateway-caller.ts";
import { serveStream } from "#mcp/gateway/relay/streams.ts";
import { callerHeaders } from "#mcp/gateway/relay/upstream-message.ts";
import { MESSAGE_BYTES } from "#rules/calls/server-settings.ts";
import type { Failure } from "#rules/failure.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { readJsonText } from "./read-body.ts";

const NOT_ACCEPTABLE: Failure = {
  code: "not_acceptable",
  message: "Answers here are application/json or text/event-stream, and the header Accept takes neither.",
};
const NO_GATEWAY: Failure = {
  code: "gateway_not_available",
  message: "This deployment keeps no record of calls (AUDIT), and so puts no server behind the gate.",
};
const NO_METHOD: Failure = { code: "not_found", message: "Servers here are called by POST; GET opens a session's stream, DELETE ends it." };

/** Every HTTP method. */
export async function gateway(c: Context<App>): Promise<Response> {
  const { agent, keyHash, ports } = c.var;
  const calling = ports.calling(agent, (work) => c.executionCtx.waitUntil(work));
  if (calling === null) return problem(c, NO_GATEWAY);
  const accepted = acceptedForms(c.req.header("accept") ?? null);
  if (accepted === null) return problem(c, NOT_ACCEPTABLE);
  const caller: GatewayCaller = {
    agent: { ...agent, keyHash },
    ports: calling,
    serverName: c.req.param("server") ?? "",
    headers: callerHeaders(c.req.raw.headers, null),
    sessionToken: c.req.header("mcp-session-id") ?? null,
    paramHeader: (name) => c.req.raw.headers.get(`mcp-param-${name}`),
    accepted,
    gone: c.req.raw.signal,
    origin: c.var.config.origin,
  };
  const { method } = c.req;
  if (method === "POST") {
    const text = await readJsonText(c.req.raw, MESSAGE_BYTES);
    return text.ok ? serveMessage(text.value, c.req.raw, caller) : problem(c, text.refusal);
  }
  if (method === "DELETE") return endServerSession(caller);
  if (method !== "GET") return problem(c, NO_METHOD);
  const at = await atServer(caller);
  return at.ok ? serveStream(caller, at.value, null) : rpcFailure(null, at.refusal, 404);
}
