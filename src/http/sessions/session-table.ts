/** The part of the route table (app.ts) that is about sessions: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { limitFailures, limitStrangers } from "#http/middleware/limit-failures.ts";
import { requireOwnPage } from "#http/middleware/origin.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requireCommandLine, requirePerson } from "#http/middleware/who-is-calling.ts";
import { endOneSession, endOtherSessions, endOwnSessions, listOwnSessions } from "./own-session-routes.ts";
import {
  collectToken,
  commandLinePage,
  draftPairingStatement,
  endCommandLine,
  postCommandLine,
  postPairing,
  showCommandLine,
  turnAway,
} from "./pairing-routes.tsx";
import { endPersonSessions, listPersonSessions } from "./person-session-routes.ts";

export function sessionRoutes(app: Hono<App>): void {
  // People, of their own
  app.get("/api/v1/sessions", requirePerson(), listOwnSessions);
  app.delete("/api/v1/sessions", requirePerson(), endOwnSessions);
  app.delete("/api/v1/sessions/:id", requirePerson(), endOneSession);
  app.delete("/api/v1/me/sessions", requirePerson(), endOtherSessions);
  app.delete("/api/v1/me/sessions/:id", requirePerson(), endOneSession);

  // Command lines that ask to be let in, by the code that each keeps; people let one in as themselves, which is signed
  app.post("/api/v1/command-line/pairings", requireOwnPage, limitStrangers, postPairing);
  app.post("/api/v1/command-line/token", requireOwnPage, limitFailures, collectToken);
  app.get("/command-line", requirePage(), commandLinePage);
  app.post("/account/command-line/statement", requirePerson(), limitFailures, draftPairingStatement);
  app.post("/api/v1/me/command-lines", requirePerson(), limitFailures, postCommandLine);
  app.delete("/api/v1/me/command-lines", requirePerson(), limitFailures, turnAway);

  // A command line, of its own session; what it reads are the routes of requireReader
  app.get("/api/v1/command-line", requireCommandLine, showCommandLine);
  app.delete("/api/v1/command-line", requireCommandLine, endCommandLine);

  // Admins, of anybody's: it only narrows. Auditors read
  app.get("/api/v1/people/:id/sessions", requirePerson("admin", "auditor"), listPersonSessions);
  app.delete("/api/v1/people/:id/sessions", requirePerson("admin"), endPersonSessions);
}
