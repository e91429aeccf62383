/** The part of the route table (app.ts) that is about MCP servers, and about whom they are called as: who may call what, one line a route. */
import type { Hono } from "hono";
import type { App } from "#http/context.ts";
import { limitFailures } from "#http/middleware/limit-failures.ts";
import { requirePage } from "#http/middleware/require-page.tsx";
import { requirePerson, requireReader } from "#http/middleware/who-is-calling.ts";
import * as connections from "./connection-routes.tsx";
import * as servers from "./server-routes.ts";
import { serversPage } from "./servers-page-route.tsx";
import { listTools, postRefresh, postTools } from "./tool-routes.ts";

export function serverRoutes(app: Hono<App>): void {
  // Admins; what agents reach through the gate is signed as well. Auditors read
  app.get("/admin/servers", requirePage("admin", "auditor"), serversPage);
  app.post("/admin/servers/statement", requirePerson("admin"), servers.draftServerStatement);
  app.get("/api/v1/servers", requireReader("admin", "auditor"), servers.listEveryServer);
  app.post("/api/v1/servers", requirePerson("admin"), limitFailures, servers.makeServer);
  app.get("/api/v1/servers/:name", requireReader("admin", "auditor"), servers.showServer);
  app.put("/api/v1/servers/:name", requirePerson("admin"), limitFailures, servers.putServer);
  app.delete("/api/v1/servers/:name", requirePerson("admin"), servers.dropServer);
  app.get("/api/v1/servers/:name/tools", requireReader("admin", "auditor"), listTools);
  app.post("/api/v1/servers/:name/tools", requirePerson("admin"), limitFailures, postTools);
  app.post("/api/v1/servers/:name/tools/refresh", requirePerson("admin"), postRefresh);
  app.put("/api/v1/servers/:name/credential", requirePerson("admin"), limitFailures, servers.putServer);
  app.delete("/api/v1/servers/:name/credential", requirePerson("admin"), servers.dropCredential);
  app.post("/admin/servers/discovery", requirePerson("admin"), connections.postDiscovery);
  app.post("/admin/servers/connections/statement", requirePerson("admin"), connections.draftSharedGrant);
  app.post("/api/v1/servers/:name/grants", requirePerson("admin"), limitFailures, connections.postGrant);

  // People connect what is called as them, and end it; what all agents share admins do (gate/servers/connections). It is signed as well
  app.get("/account/servers", requirePage(), connections.connectionsPage);
  app.get("/oauth/callback", requirePage(), connections.oauthCallback);
  app.get("/oauth/callback/:issuer", requirePage(), connections.oauthCallback);
  app.get("/api/v1/me/servers", requirePerson(), connections.listOwnServers);
  app.post("/api/v1/servers/:name/connect", requirePerson(), connections.postConnect);
  app.post("/account/servers/statement", requirePerson(), connections.draftOwnGrant);
  app.post("/api/v1/me/servers/:name/grants", requirePerson(), limitFailures, connections.postOwnGrant);
  app.delete("/api/v1/servers/:name/grants/:id", requirePerson(), connections.dropServerGrant);
}
