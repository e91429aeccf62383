/** How an agent makes, lists and ends agents below it, by its own key. */
import type { Context } from "hono";
import { belowBody, belowItem } from "#api/agents/below.ts";
import { logLine } from "#config/log-line.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { endBelow } from "#gate/agents/below/end-below.ts";
import { makeBelow } from "#gate/agents/below/make-below.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { belowFailure } from "./below-failures.ts";

/** `POST /api/v1/agents/self/delegations`. The key is in this answer and nowhere else. */
export async function makeAgentBelow(c: Context<App>): Promise<Response> {
  const { agent, config, ports } = c.var;
  const body = await readBody(c.req.raw, belowBody, config.caps.MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const { name, expires_in: seconds = null, servers = null, tools = null } = body.value;
  const made = await makeBelow(name, { seconds, servers, tools }, { agent, facts: await agent.facts() }, await ports.people());
  if (!made.ok) return problem(c, belowFailure(made.refusal));
  const { key, below, ...named } = made.value;
  logLine("agent-delegated", { agent: named.id, by: agent.id });
  return c.json({ ...belowItem(named, below), key }, 201);
}

/** `GET /api/v1/agents/self/delegations`: everybody below it, at any depth, the oldest first. */
export async function listAgentsBelow(c: Context<App>): Promise<Response> {
  const ports = await c.var.ports.people();
  const items = await ports.agentsBelow(c.var.agent.id, timestamp(ports.now()));
  return c.json({
    items: items.map(({ id, name, createdAt, isStopped, ...below }) => ({
      ...belowItem({ id, name }, below),
      created_at: createdAt,
      stopped: isStopped,
    })),
  });
}

/** `DELETE /api/v1/agents/self/delegations/{id}`: ends one at once and for good, with everybody below it. Doing it again is as good. */
export async function endAgentBelow(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const ended = await endBelow(id, c.var.agent.id, await c.var.ports.people());
  if (!ended.ok) return problem(c, belowFailure(ended.refusal));
  logLine("agent-revoked", { agent: id, by: c.var.agent.id });
  return c.body(null, 204);
}
