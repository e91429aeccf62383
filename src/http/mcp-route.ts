/** `/mcp`: reads the body once, strictly, and hands over to src/mcp. */
import type { Context } from "hono";
import { serveMcp } from "#mcp/server.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { readJsonText } from "./read-body.ts";

/** Every method; the protocol says itself which it does not allow. */
export async function mcp(c: Context<App>): Promise<Response> {
  const { agent, config } = c.var;
  const ports = c.var.ports.agentApprovals();
  if (c.req.method !== "POST") return serveMcp(c.req.raw, null, agent, ports);
  const text = await readJsonText(c.req.raw, config.caps.MAX_BODY_BYTES);
  return text.ok ? serveMcp(c.req.raw, text.value, agent, ports) : problem(c, text.refusal);
}
