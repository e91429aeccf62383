/** How people stop an agent, or everything, and how admins release it. The agent is the path's; without one it is everything. */
import type { Context } from "hono";
import { orderStop } from "#gate/agents/order-stop.ts";
import { releaseStop } from "#gate/agents/release-stop.ts";
import { logLine } from "#config/log-line.ts";
import { releaseBody } from "#api/people-schemas.ts";
import { readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { agentRoutesFailure } from "./agent-failures.ts";
import { readStops } from "./stop-items.ts";

const agentOf = (c: Context<App>): string | null => c.req.param("id") ?? null;

/** `POST /api/v1/agents/{id}/stop`, `POST /api/v1/stop`. Doing it again is as good. */
export async function postStop(c: Context<App>): Promise<Response> {
  const { id, username } = c.var.person;
  const agentId = agentOf(c);
  const stopped = await orderStop(agentId, { id, username }, await c.var.ports.people());
  if (!stopped.ok) return problem(c, agentRoutesFailure(stopped.refusal));
  logLine("stop-ordered", { person: id, agent: agentId ?? undefined });
  return c.body(null, 204);
}

/** `POST /api/v1/agents/{id}/release`, `POST /api/v1/release`: ends the stop of that number, which admins have signed for. */
export async function postRelease(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, releaseBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const agentId = agentOf(c);
  const { number } = body.value;
  const released = await releaseStop({ agentId, number }, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!released.ok) return problem(c, agentRoutesFailure(released.refusal));
  const { done, ...progress } = released.value;
  if (!done) return c.json(progress, 202);
  logLine("stop-released", { admin: c.var.person.id, agent: agentId ?? undefined });
  return c.json({ released: true });
}

/** `GET /api/v1/stop`: what is stopped, since when and by whom. */
export const showStops = async (c: Context<App>): Promise<Response> => c.json(await readStops(c.env.DB));
