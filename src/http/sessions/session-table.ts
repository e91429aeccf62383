/** The part of the route table (app.ts) that is about sessions: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { requirePerson } from "#http/middleware/who-is-calling.ts";
import { endOneSession, endOtherSessions, endOwnSessions, listOwnSessions } from "./own-session-routes.ts";
import { endPersonSessions, listPersonSessions } from "./person-session-routes.ts";

export function sessionRoutes(app: Hono<App>): void {
  // People, of their own
  app.get("/api/v1/sessions", requirePerson(), listOwnSessions);
  app.delete("/api/v1/sessions", requirePerson(), endOwnSessions);
  app.delete("/api/v1/sessions/:id", requirePerson(), endOneSession);
  app.delete("/api/v1/me/sessions", requirePerson(), endOtherSessions);
  app.delete("/api/v1/me/sessions/:id", requirePerson(), endOneSession);

  // Admins, of anybody's: it only narrows. Auditors read
  app.get("/api/v1/people/:id/sessions", requirePerson("admin", "auditor"), listPersonSessions);
  app.delete("/api/v1/people/:id/sessions", requirePerson("admin"), endPersonSessions);
}
