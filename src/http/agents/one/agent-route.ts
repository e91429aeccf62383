/** `GET /api/v1/agents/{id}`: one agent, what it did lately, and what lacks another admin's signature. */
import type { Context } from "hono";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { agentRoutesFailure } from "../agent-failures.ts";
import { agentDetailOf } from "./agent-detail.ts";

export async function showAgent(c: Context<App>): Promise<Response> {
  const { person, config, near } = c.var;
  const ports = { env: c.env, reads: near.read, adminsRequired: config.adminsRequired, nowMs: Date.now() };
  const agent = await agentDetailOf(c.req.param("id") ?? "", person, ports);
  return agent === null ? problem(c, agentRoutesFailure({ reason: "unknown-agent" })) : c.json(agent);
}
