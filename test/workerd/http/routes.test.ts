/** Every route there is, and who gets past its door. A route that is not in this table fails here. */
import { beforeAll, expect, it } from "vitest";
import { app } from "#composition/app.ts";
import { toolsFor } from "#mcp/registry.ts";
import { standing } from "#test/workerd/support/approvals.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";

/** Who is let in: everybody; agents or people by their credentials; people who are sent to sign in first; command lines alone. */
type Door = "anyone" | "agents" | "people" | "both" | "page" | "command line";

const DOORS: Record<string, Door> = {
  "GET /healthz": "anyone",
  "GET /log": "anyone",
  "GET /log/entry/:index": "anyone",
  "GET /log/checkpoint": "anyone",
  "ALL /log/checkpoint": "anyone",
  "GET /log/vkey": "anyone",
  "ALL /log/vkey": "anyone",
  "GET /log/keys": "anyone",
  "ALL /log/keys": "anyone",
  "GET /log/tile/*": "anyone",
  "ALL /log/tile/*": "anyone",
  "GET /log/proof/consistency": "anyone",
  "ALL /log/proof/consistency": "anyone",
  "GET /log/proof/inclusion": "anyone",
  "ALL /log/proof/inclusion": "anyone",
  "GET /log/revealed/:index": "anyone",
  "ALL /log/revealed/:index": "anyone",
  "GET /log/ended/:log/checkpoint": "anyone",
  "ALL /log/ended/:log/checkpoint": "anyone",
  "GET /log/ended/:log/tile/*": "anyone",
  "ALL /log/ended/:log/tile/*": "anyone",
  "GET /log/ended/:log/proof/consistency": "anyone",
  "ALL /log/ended/:log/proof/consistency": "anyone",
  "GET /log/ended/:log/proof/inclusion": "anyone",
  "ALL /log/ended/:log/proof/inclusion": "anyone",
  "GET /api/v1/openapi.json": "anyone",
  "GET /verify": "anyone",
  "GET /docs": "anyone",
  "GET /docs/*": "anyone",
  "GET /llms.txt": "anyone",
  "GET /assets/*": "anyone",
  "GET /sw.js": "anyone",
  "GET /manifest.webmanifest": "anyone",
  "GET /.well-known/oauth-protected-resource/*": "anyone",
  "GET /.well-known/oauth-authorization-server/*": "anyone",
  "GET /.well-known/openid-configuration/*": "anyone",
  "POST /register": "anyone",
  "POST /token": "anyone",
  "GET /oauth/client.json": "anyone",
  "GET /setup": "anyone",
  "POST /setup/options": "anyone",
  "POST /setup/finish": "anyone",
  "GET /enrol": "anyone",
  "GET /enrol/waiting": "anyone",
  "POST /enrol/options": "anyone",
  "POST /enrol/finish": "anyone",
  "POST /enrol/state": "anyone",
  "POST /sign-in/options": "anyone",
  "POST /sign-in/finish": "anyone",
  "POST /sign-out": "anyone",
  "GET /": "page",
  "GET /a/:id": "page",
  "GET /admin": "page",
  "GET /admin/settings": "page",
  "GET /api/v1/metrics/summary": "people",
  "GET /api/v1/settings": "people",
  "GET /api/v1/metrics": "anyone",
  "GET /admin/agents": "page",
  "GET /admin/agents/:id": "page",
  "GET /admin/people": "page",
  "GET /admin/people/:id": "page",
  "GET /admin/policy": "page",
  "GET /admin/channels": "page",
  "GET /admin/grants": "page",
  "GET /audit": "page",
  "GET /audit/:entry": "page",
  "GET /audit/sessions/:session": "page",
  "GET /admin/servers": "page",
  "GET /admin/connectors": "page",
  "GET /batch": "page",
  "GET /compare": "page",
  "GET /account": "page",
  "GET /account/notifications": "page",
  "GET /account/servers": "page",
  "GET /oauth/callback": "page",
  "GET /oauth/callback/:issuer": "page",
  "GET /stop": "page",
  "GET /look": "page",
  "GET /api/v1/notices": "people",
  "POST /api/v1/notices/:agent/:number/fine": "people",
  "ALL /mcp": "agents",
  "ALL /mcp/": "agents",
  "ALL /mcp/:server": "agents",
  "GET /api/v1/agents/self/delegations": "agents",
  "POST /api/v1/agents/self/delegations": "agents",
  "DELETE /api/v1/agents/self/delegations/:id": "agents",
  "POST /api/v1/approvals": "agents",
  "GET /api/v1/approvals/:id": "agents",
  "POST /api/v1/approvals/:id/cancel": "agents",
  "POST /api/v1/approvals/:id/redeem": "agents",
  "POST /api/v1/approvals/:id/outcome": "agents",
  "POST /api/v1/approvals/:id/answer": "agents",
  "GET /api/v1/approvals/:id/receipt": "both",
  "GET /inbox": "people",
  "GET /inbox/live": "people",
  "GET /api/v1/approvals": "people",
  "GET /api/v1/me": "people",
  "DELETE /api/v1/me/sessions": "people",
  "DELETE /api/v1/me/sessions/:id": "people",
  "GET /api/v1/me/notifications": "people",
  "PUT /api/v1/me/notifications": "people",
  "POST /api/v1/me/contacts": "people",
  "POST /api/v1/me/contacts/:id/confirm": "people",
  "POST /api/v1/me/contacts/:id/test": "people",
  "DELETE /api/v1/me/contacts/:id": "people",
  "POST /account/delegations/statement": "people",
  "POST /api/v1/me/delegations": "people",
  "DELETE /api/v1/me/delegations/:id": "people",
  "POST /account/passkeys/options": "people",
  "POST /account/passkeys/finish": "people",
  "PUT /account/passkeys/:credential": "people",
  "GET /a/:id/state": "people",
  "POST /a/:id/nonce": "people",
  "POST /a/:id/question": "people",
  "POST /a/:id/time": "people",
  "POST /a/:id/decision": "people",
  "GET /batch/state": "people",
  "POST /batch/statement": "people",
  "POST /batch/decision": "people",
  "GET /a/:id/alike": "page",
  "POST /a/:id/alike/statement": "people",
  "POST /a/:id/alike/decision": "people",
  "GET /api/v1/patterns": "people",
  "DELETE /api/v1/patterns/:id": "people",
  "POST /admin/agents/statement": "people",
  "GET /api/v1/agents": "people",
  "POST /api/v1/agents": "people",
  "DELETE /api/v1/agents/:id": "people",
  "PUT /api/v1/agents/:id": "people",
  "GET /api/v1/agents/:id": "people",
  "POST /api/v1/agents/:id/keys": "people",
  "DELETE /api/v1/agents/:id/keys/:key": "people",
  "POST /api/v1/agents/:id/test-request": "people",
  "POST /admin/agents/changes/statement": "people",
  "GET /api/v1/stop": "people",
  "POST /api/v1/stop": "people",
  "POST /api/v1/stop-by-token": "anyone",
  "POST /account/stop-token": "people",
  "DELETE /account/stop-token": "people",
  "POST /api/v1/release": "people",
  "POST /api/v1/agents/:id/stop": "people",
  "POST /api/v1/agents/:id/release": "people",
  "GET /api/v1/people": "people",
  "GET /api/v1/sessions": "people",
  "DELETE /api/v1/sessions": "people",
  "DELETE /api/v1/sessions/:id": "people",
  "GET /api/v1/people/:id": "people",
  "GET /api/v1/people/:id/sessions": "people",
  "DELETE /api/v1/people/:id/sessions": "people",
  "DELETE /api/v1/people/:id/delegations/:delegation": "people",
  "GET /api/v1/invites": "people",
  "POST /api/v1/invites": "people",
  "DELETE /api/v1/invites/:id": "people",
  "POST /admin/people/statement": "people",
  "POST /api/v1/people/:id/passkeys/:credential/confirm": "people",
  "PUT /api/v1/people/:id/roles": "people",
  "GET /admin/erasure/:id": "page",
  "POST /admin/people/erasure/statement": "people",
  "POST /api/v1/people/:id/erasure": "people",
  "DELETE /api/v1/people/:id/passkeys/:credential": "people",
  "DELETE /api/v1/signatures/:operation": "people",
  "GET /api/v1/policies": "people",
  "GET /api/v1/policies/proposals": "people",
  "GET /api/v1/policies/:version": "people",
  "POST /api/v1/policies": "people",
  "POST /api/v1/policies/check": "people",
  "POST /api/v1/policies/replay": "people",
  "POST /admin/policy/statement": "people",
  "POST /admin/policy": "page",
  "POST /admin/channels/statement": "people",
  "GET /api/v1/channels": "people",
  "POST /api/v1/channels": "people",
  "PUT /api/v1/channels/:id": "people",
  "DELETE /api/v1/channels/:id": "people",
  "GET /api/v1/audit": "people",
  "GET /api/v1/audit/:entry": "people",
  "GET /api/v1/audit/export": "people",
  "GET /api/v1/audit/filters": "people",
  "PUT /api/v1/audit/filters/:name": "people",
  "DELETE /api/v1/audit/filters/:name": "people",
  "GET /api/v1/grants": "people",
  "DELETE /api/v1/grants/:id": "people",
  "POST /api/v1/channels/:id/test": "people",
  "POST /api/v1/channels/:id/enable": "people",
  "POST /api/v1/channels/:id/replay": "people",
  "GET /api/v1/messages": "people",
  "POST /api/v1/messages/:id/resend": "people",
  "POST /admin/servers/statement": "people",
  "GET /api/v1/servers": "people",
  "POST /api/v1/servers": "people",
  "GET /api/v1/servers/:name": "people",
  "PUT /api/v1/servers/:name": "people",
  "DELETE /api/v1/servers/:name": "people",
  "GET /api/v1/servers/:name/tools": "people",
  "POST /api/v1/servers/:name/tools": "people",
  "POST /api/v1/servers/:name/tools/refresh": "people",
  "PUT /api/v1/servers/:name/credential": "people",
  "DELETE /api/v1/servers/:name/credential": "people",
  "POST /admin/servers/discovery": "people",
  "POST /admin/servers/connections/statement": "people",
  "POST /api/v1/servers/:name/grants": "people",
  "GET /api/v1/me/servers": "people",
  "POST /api/v1/servers/:name/connect": "people",
  "POST /account/servers/statement": "people",
  "POST /api/v1/me/servers/:name/grants": "people",
  "DELETE /api/v1/servers/:name/grants/:id": "people",
  "POST /admin/connectors/statement": "people",
  "GET /api/v1/connectors": "people",
  "POST /api/v1/connectors": "people",
  "DELETE /api/v1/connectors/:id": "people",
  "GET /api/v1/connectors/:name/line": "anyone",
  "GET /api/v1/calls": "people",
  "GET /api/v1/calls/sessions/:session": "people",
  "GET /api/v1/calls/:agent/:number/proof": "people",
  "GET /api/v1/challenges/:challenge/proof": "people",
  "POST /channels/slack/:id/interactions": "anyone",
  "POST /api/v1/command-line/pairings": "anyone",
  "POST /api/v1/command-line/token": "anyone",
  "GET /command-line": "page",
  "POST /account/command-line/statement": "people",
  "POST /api/v1/me/command-lines": "people",
  "DELETE /api/v1/me/command-lines": "people",
  "GET /api/v1/command-line": "command line",
  "DELETE /api/v1/command-line": "command line",
};

let person: Someone;
let key: string;
beforeAll(async () => {
  person = await enrolFirst();
  ({ key } = await makeAgent(person));
});

const routes = [...new Set(app.routes.filter(({ path }) => path !== "/*").map(({ method, path }) => `${method} ${path}`))];

it("knows every route", () => {
  expect(routes.toSorted()).toEqual(Object.keys(DOORS).toSorted());
});

it.each(Object.entries(DOORS).filter(([, door]) => door !== "anyone"))("%s: %s", async (route, door) => {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern.replaceAll(/:[a-z]+|\*/g, "unknown");
  const knock = async (credentials: { cookie?: string; key?: string }) => {
    const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
    const answer = await call(method === "ALL" ? "POST" : method, path, { ...credentials, ...body });
    await answer.body?.cancel();
    return answer.status;
  };
  const [nobody, agent, someone] = [await knock({}), await knock({ key }), await knock({ cookie: person.cookie })];
  const refused = [401, 403];
  switch (door as Exclude<Door, "anyone">) {
    case "agents":
      expect([nobody, someone]).toEqual([401, 403]);
      expect(refused).not.toContain(agent);
      return;
    case "people":
      expect([nobody, agent]).toEqual([401, 403]);
      expect(refused).not.toContain(someone);
      return;
    case "both":
      expect(nobody).toBe(401);
      expect(refused).not.toContain(agent);
      expect(refused).not.toContain(someone);
      return;
    case "command line":
      expect([nobody, agent, someone]).toEqual([401, 403, 401]);
      return;
    case "page":
      expect([200, 303]).toContain(nobody);
      expect(agent).toBe(403);
      expect(refused).not.toContain(someone);
      return;
  }
});

it("has no tool that decides, enrols or changes a rule", () => {
  expect(toolsFor(standing("agt_any", "any", person.id)).map((tool) => tool.name)).toEqual([
    "request_human_approval",
    "wait_for_approval",
    "cancel_approval",
    "redeem_approval",
    "report_outcome",
    "explain_policy",
    "answer_question",
  ]);
});
