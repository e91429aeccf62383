/** The routes of agents as people have them, one line a route: who may call it (see app.ts). */
import type { Hono } from "hono";
import type { App } from "../context.ts";
import { limitFailures } from "../middleware/limit-failures.ts";
import { requirePage } from "../middleware/require-page.tsx";
import { requirePerson, requireReader } from "../middleware/who-is-calling.ts";
import { draftAgentChangeStatement, draftAgentStatement, dropAgent, listAgents, makeAgent, putAgent } from "./agent-routes.ts";
import { agentsPage, stopPage } from "./agents-page-route.tsx";
import { dropAgentKey, postAgentKey } from "./keys/key-routes.ts";
import { agentPage } from "./one/agent-page-route.tsx";
import { showAgent } from "./one/agent-route.ts";
import { postTestRequest } from "./one/test-request-route.ts";
import { postRelease, postStop, showStops } from "./stop-routes.ts";
import { deleteStopToken, postStopToken } from "./stop-token-routes.ts";

export function agentRoutes(app: Hono<App>): void {
  // Admins; what widens authority is signed as well. Auditors read
  app.get("/admin/agents", requirePage("admin", "auditor"), agentsPage);
  app.get("/admin/agents/:id", requirePage("admin", "auditor"), agentPage);
  app.post("/admin/agents/statement", requirePerson("admin"), draftAgentStatement);
  app.get("/api/v1/agents", requireReader("admin", "auditor"), listAgents);
  app.post("/api/v1/agents", requirePerson("admin"), limitFailures, makeAgent);
  app.post("/admin/agents/changes/statement", requirePerson("admin"), draftAgentChangeStatement);
  app.get("/api/v1/agents/:id", requireReader("admin", "auditor"), showAgent);
  app.put("/api/v1/agents/:id", requirePerson("admin"), limitFailures, putAgent);
  app.delete("/api/v1/agents/:id", requirePerson("admin"), dropAgent);
  app.post("/api/v1/agents/:id/keys", requirePerson("admin"), limitFailures, postAgentKey);
  app.delete("/api/v1/agents/:id/keys/:key", requirePerson("admin"), dropAgentKey);
  app.post("/api/v1/agents/:id/test-request", requirePerson("admin"), postTestRequest);

  // Whoever may order a stop; to release one is signed as well
  app.get("/stop", requirePage("approver", "admin", "auditor"), stopPage);
  app.get("/api/v1/stop", requireReader("approver", "admin", "auditor"), showStops);
  app.post("/api/v1/stop", requirePerson("admin"), postStop);
  app.post("/account/stop-token", requirePerson("approver", "admin"), postStopToken);
  app.delete("/account/stop-token", requirePerson(), deleteStopToken);
  app.post("/api/v1/release", requirePerson("admin"), limitFailures, postRelease);
  app.post("/api/v1/agents/:id/stop", requirePerson("approver", "admin"), postStop);
  app.post("/api/v1/agents/:id/release", requirePerson("admin"), limitFailures, postRelease);
}
