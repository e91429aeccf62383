/** Stop tokens: making and ending one's own, signed in; and the one route that they open. */
import type { Context } from "hono";
import { makeStopToken, stopByToken } from "#gate/agents/stop-token.ts";
import { logLine } from "#config/log-line.ts";
import { stopByTokenBody } from "#api/people-schemas.ts";
import { dropStopToken } from "#storage/stops/stop-tokens.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { agentRoutesFailure } from "./agent-failures.ts";

/** `POST /account/stop-token`: in place of the one before. The token is in this answer and nowhere else. */
export async function postStopToken(c: Context<App>): Promise<Response> {
  const { id } = c.var.person;
  const { token, createdAt } = await makeStopToken(id, await c.var.ports.people());
  logLine("stop-token-made", { person: id });
  return c.json({ token, created_at: createdAt }, 201);
}

/** `DELETE /account/stop-token`. Doing it again is as good. */
export async function deleteStopToken(c: Context<App>): Promise<Response> {
  await dropStopToken(c.env.DB, c.var.person.id);
  logLine("stop-token-ended", { person: c.var.person.id });
  return c.body(null, 204);
}

/** `POST /api/v1/stop-by-token`, the token as a bearer: stops the agent that the body names, or everything (null). */
export async function postStopByToken(c: Context<App>): Promise<Response> {
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (token === undefined) return problem(c, agentRoutesFailure({ reason: "unknown-stop-token" }));
  const body = await readBody(c.req.raw, stopByTokenBody);
  if (!body.ok) return problem(c, body.refusal);
  const { agent } = body.value;
  const stopped = await stopByToken(token, agent, await c.var.ports.people());
  if (!stopped.ok) return problem(c, agentRoutesFailure(stopped.refusal));
  logLine("stop-ordered", { person: stopped.value.id, agent: agent ?? undefined, reason: "stop-token" });
  return c.body(null, 204);
}
