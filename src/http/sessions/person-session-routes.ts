/** Somebody's sessions, for admins, who can end them all, and for auditors. It only narrows: whoever is signed out signs in again. */
import type { Context } from "hono";
import { endSessionsOf, listSessionsOf } from "#gate/sessions/own-sessions.ts";
import { logLine } from "#config/log-line.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { sessionOfRequest } from "#http/middleware/session-cookie.ts";
import { sessionItemOf } from "#http/own-sessions.ts";
import { personSessionFailure } from "./session-failures.ts";

/** `GET /api/v1/people/{id}/sessions`. */
export async function listPersonSessions(c: Context<App>): Promise<Response> {
  const found = await listSessionsOf(c.req.param("id") ?? "", sessionOfRequest(c) ?? "", c.var.ports.sessions());
  return found.ok ? c.json({ items: found.value.map(sessionItemOf) }) : problem(c, personSessionFailure(found.refusal));
}

/** `DELETE /api/v1/people/{id}/sessions`: all of them, were they the admin's own. Doing it again is as good. */
export async function endPersonSessions(c: Context<App>): Promise<Response> {
  const person = c.req.param("id") ?? "";
  const ended = await endSessionsOf(person, c.var.ports.sessions());
  if (!ended.ok) return problem(c, personSessionFailure(ended.refusal));
  logLine("session-ended", { admin: c.var.person.id, person, code: "all" });
  return c.body(null, 204);
}
