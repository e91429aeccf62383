/** The part of the route table (app.ts) that is the console's: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { limitFailures } from "#http/middleware/limit-failures.ts";
import { requireOwnPage } from "#http/middleware/origin.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requireReader } from "#http/middleware/who-is-calling.ts";
import { overviewPage, settingsPage, showSettings, showSummary } from "./console-routes.tsx";
import { showMetrics } from "./metrics-route.ts";

export function consoleRoutes(app: Hono<App>): void {
  // Admins and auditors, who only read here
  app.get("/admin", requirePage("admin", "auditor"), overviewPage);
  app.get("/admin/settings", requirePage("admin", "auditor"), settingsPage);
  app.get("/api/v1/metrics/summary", requireReader("admin", "auditor"), showSummary);
  app.get("/api/v1/settings", requireReader("admin", "auditor"), showSettings);

  // Whoever holds the metrics token; nothing else opens to it
  app.get("/api/v1/metrics", requireOwnPage, limitFailures, showMetrics);
}
