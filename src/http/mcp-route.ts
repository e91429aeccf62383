/** `/mcp`: reads the body once, strictly, and hands over to src/mcp. */
import type { Context } from "hono";
import { toolsFor } from "#mcp/registry.ts";
import { serveMcp } from "#mcp/server.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { readJsonText } from "./read-body.ts";

/** Every method; the protocol says itself which it does not allow. */
export async function mcp(c: Context<App>): Promise<Response> {
  const { agent, config } = c.var;
  const caller = { agent, ports: { approvals: c.var.ports.agentApprovals() } };
  const tools = toolsFor(agent);
  if (c.req.method !== "POST") return serveMcp(c.req.raw, null, caller, tools);
  const text = await readJsonText(c.req.raw, config.caps.MAX_BODY_BYTES);
  return text.ok ? serveMcp(c.req.raw, text.value, caller, tools) : problem(c, text.refusal);
}
