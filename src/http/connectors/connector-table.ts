/** The part of the route table (app.ts) that is about connectors: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { limitFailures } from "#http/middleware/limit-failures.ts";
import { requireOwnPage } from "#http/middleware/origin.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requirePerson } from "#http/middleware/who-is-calling.ts";
import { connectorLine, draftConnectorStatement, dropConnector, listEveryConnector, makeConnector } from "./connector-routes.ts";
import { connectorsPage } from "./connectors-page-route.tsx";

export function connectorRoutes(app: Hono<App>): void {
  // Admins; a way to a server is signed as well. Auditors read
  app.get("/admin/connectors", requirePage("admin", "auditor"), connectorsPage);
  app.post("/admin/connectors/statement", requirePerson("admin"), draftConnectorStatement);
  app.get("/api/v1/connectors", requirePerson("admin", "auditor"), listEveryConnector);
  app.post("/api/v1/connectors", requirePerson("admin"), limitFailures, makeConnector);
  app.delete("/api/v1/connectors/:id", requirePerson("admin"), dropConnector);

  // A connector, by its key, and whoever has none
  app.get("/api/v1/connectors/:name/line", requireOwnPage, limitFailures, connectorLine);
}
