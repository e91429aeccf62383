/** A person's own sessions, each of which they can end. What lists tell of them is http/own-sessions.ts. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { endSessionsQuery } from "#api/people/session-data.ts";
import { endSession } from "#gate/sessions/own-sessions.ts";
import { logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { clearSessionCookie, sessionOfRequest } from "#http/middleware/session-cookie.ts";
import { ownSessions } from "#http/own-sessions.ts";
import { ownSessionFailure } from "./session-failures.ts";

/** `GET /api/v1/sessions`. */
export const listOwnSessions = async (c: Context<App>): Promise<Response> => c.json({ items: await ownSessions(c) });

/** `DELETE /api/v1/sessions/{id}` and `/api/v1/me/sessions/{id}`: also the one that asks. */
export async function endOneSession(c: Context<App>): Promise<Response> {
  const ended = await endSession(c.var.person.id, c.req.param("id") ?? "", c.var.ports.sessions());
  if (!ended.ok) return problem(c, ownSessionFailure(ended.refusal));
  logLine("session-ended", { person: c.var.person.id });
  return c.body(null, 204);
}

/** `DELETE /api/v1/sessions?all=`: every one but the one that asks, or that one, too; then the browser has nothing left to keep. */
export async function endOwnSessions(c: Context<App>): Promise<Response> {
  const query = checkInput(endSessionsQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  if (query.value.all !== "true") return endOtherSessions(c);
  await c.var.ports.sessions().endAll(c.var.person.id);
  clearSessionCookie(c);
  logLine("session-ended", { person: c.var.person.id, code: "all" });
  return c.body(null, 204);
}

/** `DELETE /api/v1/me/sessions`: every one but the one that asks. */
export async function endOtherSessions(c: Context<App>): Promise<Response> {
  const tokenHash = sessionOfRequest(c);
  if (tokenHash === null) throw new Error("somebody is signed in without a session");
  await c.var.ports.sessions().endOthers(c.var.person.id, tokenHash);
  logLine("session-ended", { person: c.var.person.id, code: "others" });
  return c.body(null, 204);
}
