/** The part of the route table (app.ts) that is about the record: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requirePerson, requireReader } from "#http/middleware/who-is-calling.ts";
import { auditPage, entryPageRoute, sessionPage } from "./audit-page-routes.tsx";
import { deleteFilter, listOfEntries, listOfFilters, putFilter, showEntry } from "./audit-routes.ts";
import { exportRecord } from "./export-route.ts";

export function auditRoutes(app: Hono<App>): void {
  // Admins and auditors, who read; what they saved to look for again is each one's own
  app.get("/audit", requirePage("admin", "auditor"), auditPage);
  app.get("/audit/sessions/:session", requirePage("admin", "auditor"), sessionPage);
  app.get("/audit/:entry", requirePage("admin", "auditor"), entryPageRoute);
  app.get("/api/v1/audit", requireReader("admin", "auditor"), listOfEntries);
  app.get("/api/v1/audit/export", requireReader("admin", "auditor"), exportRecord);
  app.get("/api/v1/audit/filters", requirePerson("admin", "auditor"), listOfFilters);
  app.put("/api/v1/audit/filters/:name", requirePerson("admin", "auditor"), putFilter);
  app.delete("/api/v1/audit/filters/:name", requirePerson("admin", "auditor"), deleteFilter);
  app.get("/api/v1/audit/:entry", requireReader("admin", "auditor"), showEntry);
}
