/**
 * Every route, and who of those who are known here gets anything from it, by what they are at that moment. What a request says is for
 * its agent, for auditors, and for whoever could decide it as long as they are an approver: docs/interfaces.md has the same in words.
 */
import { beforeAll, expect, it } from "vitest";
import { ask, decided } from "#test/workerd/support/approvals.ts";
import { ROUTES } from "#test/workerd/support/attacks.ts";
import { putConnector } from "#test/workerd/support/connectors/connectors.ts";
import { putServer } from "#test/workerd/support/servers/servers-in-force.ts";
import { putWebhook } from "#test/workerd/support/channels/channels-in-force.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

/** `eligible` and `outsider` are approvers, one of whom the request names; `former` was named, too, and has no role any more. */
const EVERYBODY = ["agent", "otherAgent", "eligible", "outsider", "admin", "auditor", "former"] as const;
type Who = (typeof EVERYBODY)[number];

const PEOPLE: readonly Who[] = ["eligible", "outsider", "admin", "auditor", "former"];
const AGENTS: readonly Who[] = ["agent", "otherAgent"];
const WITH_A_ROLE: readonly Who[] = ["eligible", "outsider", "admin", "auditor"];
const READERS: readonly Who[] = ["eligible", "auditor"];
/** A session of a command line opens it, and nothing else does (test/workerd/sessions/command-line.test.ts). */
const NOBODY: readonly Who[] = [];
const ADMIN: readonly Who[] = ["admin"];
const OVERSEERS: readonly Who[] = ["admin", "auditor"];
const STOPPERS: readonly Who[] = ["eligible", "outsider", "admin"];
const WHO_SEE_STOPS: readonly Who[] = ["eligible", "outsider", "admin", "auditor"];

/** Of the request that is in the path. */
const OF_THE_REQUEST: Record<string, readonly Who[]> = {
  "GET /api/v1/approvals/:id": ["agent"],
  "POST /api/v1/approvals/:id/cancel": ["agent"],
  "GET /api/v1/approvals/:id/receipt": ["agent", ...READERS],
  "GET /a/:id": READERS,
  "GET /a/:id/state": READERS,
  "POST /a/:id/nonce": ["eligible"],
  "POST /a/:id/time": ["eligible"],
  "GET /a/:id/alike": ["eligible"],
};

/** By what somebody is alone. */
const BY_ROLE: Record<string, readonly Who[]> = {
  "ALL /mcp": AGENTS,
  "ALL /mcp/": AGENTS,
  "ALL /mcp/:server": AGENTS,
  "GET /api/v1/agents/self/delegations": AGENTS,
  "POST /api/v1/agents/self/delegations": AGENTS,
  "DELETE /api/v1/agents/self/delegations/:id": AGENTS,
  "POST /api/v1/approvals": AGENTS,
  "POST /api/v1/approvals/:id/redeem": AGENTS,
  "POST /api/v1/approvals/:id/answer": AGENTS,
  "POST /api/v1/approvals/:id/outcome": AGENTS,
  "GET /": PEOPLE,
  "GET /inbox": PEOPLE,
  "GET /inbox/live": PEOPLE,
  "GET /api/v1/approvals": ["eligible", "outsider", "auditor"],
  "GET /account": PEOPLE,
  "GET /api/v1/me": PEOPLE,
  "GET /account/notifications": PEOPLE,
  "GET /api/v1/me/notifications": PEOPLE,
  "PUT /api/v1/me/notifications": PEOPLE,
  "POST /api/v1/me/contacts": PEOPLE,
  "POST /api/v1/me/contacts/:id/confirm": PEOPLE,
  "POST /api/v1/me/contacts/:id/test": PEOPLE,
  "DELETE /api/v1/me/contacts/:id": PEOPLE,
  "POST /account/delegations/statement": PEOPLE,
  "POST /api/v1/me/delegations": PEOPLE,
  "DELETE /api/v1/me/delegations/:id": PEOPLE,
  "DELETE /api/v1/me/sessions": PEOPLE,
  "GET /api/v1/sessions": PEOPLE,
  "DELETE /api/v1/sessions": PEOPLE,
  "DELETE /api/v1/sessions/:id": PEOPLE,
  "DELETE /api/v1/me/sessions/:id": PEOPLE,
  "GET /command-line": PEOPLE,
  "POST /account/command-line/statement": PEOPLE,
  "POST /api/v1/me/command-lines": PEOPLE,
  "DELETE /api/v1/me/command-lines": PEOPLE,
  "GET /api/v1/command-line": NOBODY,
  "DELETE /api/v1/command-line": NOBODY,
  "POST /account/passkeys/options": PEOPLE,
  "POST /account/passkeys/finish": PEOPLE,
  "PUT /account/passkeys/:credential": PEOPLE,
  "POST /a/:id/decision": ["eligible", "outsider"],
  "GET /batch": ["eligible", "outsider"],
  "GET /compare": ["eligible", "outsider", "auditor"],
  "GET /batch/state": ["eligible", "outsider"],
  "POST /batch/statement": ["eligible", "outsider"],
  "POST /batch/decision": ["eligible", "outsider"],
  "POST /a/:id/alike/statement": ["eligible", "outsider"],
  "POST /a/:id/question": ["eligible", "outsider"],
  "POST /a/:id/alike/decision": ["eligible", "outsider"],
  "GET /api/v1/patterns": WITH_A_ROLE,
  "DELETE /api/v1/patterns/:id": STOPPERS,
  "GET /admin": OVERSEERS,
  "GET /admin/settings": OVERSEERS,
  "GET /api/v1/metrics/summary": OVERSEERS,
  "GET /api/v1/settings": OVERSEERS,
  "GET /admin/agents": OVERSEERS,
  "GET /admin/agents/:id": OVERSEERS,
  "POST /admin/agents/statement": ADMIN,
  "GET /api/v1/agents": OVERSEERS,
  "POST /api/v1/agents": ADMIN,
  "DELETE /api/v1/agents/:id": ADMIN,
  "GET /admin/people": OVERSEERS,
  "GET /api/v1/people": OVERSEERS,
  "GET /admin/people/:id": OVERSEERS,
  "GET /api/v1/people/:id": OVERSEERS,
  "GET /api/v1/people/:id/sessions": OVERSEERS,
  "DELETE /api/v1/people/:id/sessions": ADMIN,
  "DELETE /api/v1/people/:id/delegations/:delegation": ADMIN,
  "GET /api/v1/invites": ADMIN,
  "POST /api/v1/invites": ADMIN,
  "DELETE /api/v1/invites/:id": ADMIN,
  "POST /admin/people/statement": ADMIN,
  "POST /api/v1/people/:id/passkeys/:credential/confirm": ADMIN,
  "PUT /api/v1/people/:id/roles": ADMIN,
  "GET /admin/erasure/:id": ADMIN,
  "POST /admin/people/erasure/statement": ADMIN,
  "POST /api/v1/people/:id/erasure": ADMIN,
  "DELETE /api/v1/people/:id/passkeys/:credential": ADMIN,
  "DELETE /api/v1/signatures/:operation": ADMIN,
  "GET /admin/policy": WITH_A_ROLE,
  "POST /admin/policy": ADMIN,
  "POST /admin/policy/statement": ADMIN,
  "GET /api/v1/policies": WITH_A_ROLE,
  "GET /api/v1/policies/proposals": ADMIN,
  "GET /api/v1/policies/:version": WITH_A_ROLE,
  "POST /api/v1/policies": ADMIN,
  "POST /api/v1/policies/check": ADMIN,
  "POST /api/v1/policies/replay": ADMIN,
  "GET /admin/connectors": OVERSEERS,
  "POST /admin/connectors/statement": ADMIN,
  "GET /api/v1/connectors": OVERSEERS,
  "POST /api/v1/connectors": ADMIN,
  "DELETE /api/v1/connectors/:id": ADMIN,
  "GET /admin/servers": OVERSEERS,
  "POST /admin/servers/statement": ADMIN,
  "GET /api/v1/servers": OVERSEERS,
  "POST /api/v1/servers": ADMIN,
  "GET /api/v1/servers/:name": OVERSEERS,
  "PUT /api/v1/servers/:name": ADMIN,
  "DELETE /api/v1/servers/:name": ADMIN,
  "GET /api/v1/servers/:name/tools": OVERSEERS,
  "POST /api/v1/servers/:name/tools": ADMIN,
  "POST /api/v1/servers/:name/tools/refresh": ADMIN,
  "PUT /api/v1/servers/:name/credential": ADMIN,
  "DELETE /api/v1/servers/:name/credential": ADMIN,
  "POST /admin/servers/discovery": ADMIN,
  "POST /admin/servers/connections/statement": ADMIN,
  "POST /api/v1/servers/:name/grants": ADMIN,
  "GET /account/servers": PEOPLE,
  "GET /oauth/callback": PEOPLE,
  "GET /oauth/callback/:issuer": PEOPLE,
  "GET /api/v1/me/servers": PEOPLE,
  "POST /api/v1/servers/:name/connect": PEOPLE,
  "POST /account/servers/statement": PEOPLE,
  "POST /api/v1/me/servers/:name/grants": PEOPLE,
  "DELETE /api/v1/servers/:name/grants/:id": PEOPLE,
  "GET /admin/channels": OVERSEERS,
  "POST /admin/channels/statement": ADMIN,
  "GET /api/v1/channels": OVERSEERS,
  "POST /api/v1/channels": ADMIN,
  "PUT /api/v1/channels/:id": ADMIN,
  "DELETE /api/v1/channels/:id": ADMIN,
  "POST /api/v1/channels/:id/test": ADMIN,
  "POST /api/v1/channels/:id/enable": ADMIN,
  "POST /api/v1/channels/:id/replay": ADMIN,
  "GET /api/v1/messages": OVERSEERS,
  "GET /api/v1/calls": OVERSEERS,
  "GET /api/v1/calls/sessions/:session": OVERSEERS,
  "GET /api/v1/calls/:agent/:number/proof": OVERSEERS,
  "GET /api/v1/challenges/:challenge/proof": OVERSEERS,
  "GET /api/v1/audit/export": OVERSEERS,
  "POST /api/v1/messages/:id/resend": ADMIN,
  "POST /admin/agents/changes/statement": ADMIN,
  "PUT /api/v1/agents/:id": ADMIN,
  "GET /api/v1/agents/:id": OVERSEERS,
  "POST /api/v1/agents/:id/keys": ADMIN,
  "DELETE /api/v1/agents/:id/keys/:key": ADMIN,
  "POST /api/v1/agents/:id/test-request": ADMIN,
  "POST /account/stop-token": STOPPERS,
  "DELETE /account/stop-token": PEOPLE,
  "GET /audit": OVERSEERS,
  "GET /audit/:entry": OVERSEERS,
  "GET /audit/sessions/:session": OVERSEERS,
  "GET /api/v1/audit": OVERSEERS,
  "GET /api/v1/audit/:entry": OVERSEERS,
  "GET /api/v1/audit/filters": OVERSEERS,
  "PUT /api/v1/audit/filters/:name": OVERSEERS,
  "DELETE /api/v1/audit/filters/:name": OVERSEERS,
  "GET /admin/grants": WHO_SEE_STOPS,
  "GET /api/v1/grants": WHO_SEE_STOPS,
  "DELETE /api/v1/grants/:id": STOPPERS,
  "GET /stop": WHO_SEE_STOPS,
  "GET /look": WHO_SEE_STOPS,
  "GET /api/v1/notices": WHO_SEE_STOPS,
  "POST /api/v1/notices/:agent/:number/fine": STOPPERS,
  "GET /api/v1/stop": WHO_SEE_STOPS,
  "POST /api/v1/agents/:id/stop": STOPPERS,
  "POST /api/v1/agents/:id/release": ADMIN,
  "POST /api/v1/release": ADMIN,
  // Last: nothing of agents is answered after it.
  "POST /api/v1/stop": ADMIN,
};

/** What a page shows, by the route that tells the same: whoever gets one gets the other. */
const SAME_FOR: Record<string, string> = {
  "GET /": "GET /inbox",
  "GET /a/:id": "GET /a/:id/state",
  "GET /a/:id/alike": "POST /a/:id/nonce",
  "GET /batch": "GET /batch/state",
  "GET /admin": "GET /api/v1/metrics/summary",
  "GET /admin/settings": "GET /api/v1/settings",
  "GET /admin/agents": "GET /api/v1/agents",
  "GET /admin/agents/:id": "GET /api/v1/agents/:id",
  "GET /admin/people": "GET /api/v1/people",
  "GET /admin/erasure/:id": "POST /admin/people/erasure/statement",
  "GET /admin/people/:id": "GET /api/v1/people/:id",
  "GET /admin/policy": "GET /api/v1/policies",
  "GET /admin/channels": "GET /api/v1/channels",
  "GET /admin/grants": "GET /api/v1/grants",
  "GET /admin/servers": "GET /api/v1/servers",
  "GET /admin/connectors": "GET /api/v1/connectors",
  "GET /account": "GET /api/v1/me",
  "GET /command-line": "POST /account/command-line/statement",
  "GET /account/notifications": "GET /api/v1/me/notifications",
  "GET /account/servers": "GET /api/v1/me/servers",
  "GET /oauth/callback": "GET /api/v1/me/servers",
  "GET /oauth/callback/:issuer": "GET /api/v1/me/servers",
  "GET /stop": "GET /api/v1/stop",
  "GET /look": "GET /api/v1/notices",
  "GET /audit": "GET /api/v1/audit",
  "GET /audit/:entry": "GET /api/v1/audit/:entry",
  "GET /audit/sessions/:session": "GET /api/v1/calls/sessions/:session",
};

const credentials = {} as Record<Who, { cookie: string } | { key: string; origin: null }>;
let eligibleId: string;
let pendingId: string;
let endedId: string;
let lostId: string;
let askingId: string;

beforeAll(async () => {
  await emptyStorage();
  const admin = await enrolFirst();
  const as = ({ cookie }: Someone) => ({ cookie });
  const eligible = await admitted(admin, "eligible", ["approver"]);
  eligibleId = eligible.id;
  const former = await admitted(admin, "former", ["approver"]);
  const agents = [await makeAgent(admin, "asks"), await makeAgent(admin, "other")] as const;
  askingId = agents[0].id;
  const named = { approvers: { users: ["eligible", "former"] } };
  pendingId = (await ask(agents[0], named)).request_id;
  endedId = (await ask(agents[0], named)).request_id;
  lostId = (await ask(agents[0], named)).request_id;
  await decided(eligible, endedId, "approved");
  await decided(former, lostId, "denied");
  Object.assign(credentials, {
    agent: { key: agents[0].key, origin: null },
    otherAgent: { key: agents[1].key, origin: null },
    eligible: as(eligible),
    outsider: as(await admitted(admin, "outsider", ["approver"])),
    auditor: as(await admitted(admin, "auditor", ["auditor"])),
    former: as(former),
    admin: as(admin),
  });
  await given(await changeRoles(admin, former.id, []));
  await given(await changeRoles(admin, admin.id, ["admin"]));
});

/** Who gets anything; whatever is wrong with an empty body, only those learn who may send one. */
async function letIn(route: string, path: string, refused: readonly number[]): Promise<Who[]> {
  const [method = ""] = route.split(" ");
  const body = method === "GET" || method === "DELETE" ? {} : { body: {} };
  const found: Who[] = [];
  for (const who of EVERYBODY) {
    const answer = await call(method === "ALL" ? "POST" : method, path, { ...credentials[who], ...body });
    await answer.body?.cancel();
    if (!refused.includes(answer.status)) found.push(who);
  }
  return found;
}

it("knows every route that is not for anybody", () => {
  const open =
    /^(GET|ALL) \/log|^GET \/(\.well-known|healthz|verify|docs|llms\.txt|assets|sw\.js|manifest|setup|enrol|oauth\/client|api\/v1\/(openapi|metrics$|connectors\/:name\/line))|^POST \/(register|token|setup|enrol|sign-in|sign-out|api\/v1\/(stop-by-token|command-line\/)|channels\/slack)/;
  expect(ROUTES.filter((route) => !open.test(route)).toSorted()).toEqual(Object.keys({ ...OF_THE_REQUEST, ...BY_ROLE }).toSorted());
});

it("gives a page to whom it gives what the page shows, and to nobody else", () => {
  const all = { ...OF_THE_REQUEST, ...BY_ROLE };
  const pages = Object.keys(all).filter((route) => /^GET \/(?!api\/|compare$|inbox)/.test(route) && !route.endsWith("/state"));
  expect(pages.toSorted()).toEqual(Object.keys(SAME_FOR).toSorted());
  for (const [page, same] of Object.entries(SAME_FOR)) expect([page, all[page]]).toEqual([page, all[same]]);
});

it("gives an auditor pages that change nothing: no form, no button but the one to sign out, no invitation", async () => {
  await putWebhook(["key.rotated"]);
  await putServer();
  await putConnector("laptop", "tickets");
  const invited = { username: "robin", display_name: "Robin Example", roles: ["approver"], groups: [] };
  expect((await call("POST", "/api/v1/invites", { ...credentials.admin, body: invited })).status).toBe(201);
  for (const [path, shown] of [
    ["/admin", "Pending now"],
    ["/admin/settings", "METRICS_TOKEN"],
    ["/admin/agents", "asks"],
    [`/admin/agents/${askingId}`, "What it asked for"],
    ["/admin/people", "eligible"],
    [`/admin/people/${eligibleId}`, "Where they are signed in"],
    ["/admin/policy", "Version 0"],
    ["/admin/channels", "systems at hooks.example.com"],
    ["/admin/servers", "tickets"],
    ["/admin/connectors", "laptop"],
    ["/stop", "asks"],
    ["/look", "To look at"],
  ] as const) {
    const whole = await (await call("GET", path, credentials.auditor)).text();
    expect(whole).toContain(shown);
    // What a search asks for is in the address: it changes nothing.
    const page = whole.replace(/<form[^>]* method="get"[^>]* role="search">.*?<\/form>/su, "");
    expect(page).not.toContain("Robin Example");
    expect(page).not.toMatch(/<form|<input|<textarea|<dialog|type="application\/json"/);
    expect(page.match(/<button[^>]*>/g)).toEqual([expect.stringContaining('id="sign-out"')]);
    expect(page).toContain('href="/admin/people"');
  }
});

it.each(Object.entries(OF_THE_REQUEST))("%s: %j", async (route, who) => {
  const id = route.endsWith("receipt") || route.endsWith("cancel") ? endedId : pendingId;
  const path = (route.split(" ")[1] ?? "").replace(":id", id);
  expect(await letIn(route, path, [401, 403, 404])).toEqual(EVERYBODY.filter((one) => who.includes(one)));
});

it.each(Object.entries(BY_ROLE))("%s: %j", async (route, who) => {
  const path = (route.split(" ")[1] ?? "").replaceAll(/:[a-z]+/g, "unknown");
  expect(await letIn(route, path, [401, 403])).toEqual(EVERYBODY.filter((one) => who.includes(one)));
});

it("shows nothing to who lost the role: not what waited, not what they decided themselves", async () => {
  const inbox = async (who: Who) => {
    const tabs = ["/", "/?tab=waiting-on-others", "/?tab=decided", "/?q=apr", `/?q=${lostId}`];
    const pages = await Promise.all(tabs.map(async (tab) => (await call("GET", tab, credentials[who])).text()));
    // What was looked for stands in the field.
    return pages.join("").replaceAll(`value="${lostId}"`, "");
  };
  expect(await inbox("eligible")).toContain(pendingId);
  for (const who of ["former", "admin"] as const) {
    for (const id of [pendingId, endedId, lostId]) {
      expect(await inbox(who)).not.toContain(id);
      expect((await call("GET", `/a/${id}`, credentials[who])).status).toBe(404);
      expect(await (await call("GET", `/log?request=${id}`, credentials[who])).text()).not.toContain(`/a/${id}`);
    }
    expect((await call("GET", `/api/v1/approvals/${lostId}/receipt`, credentials[who])).status).toBe(404);
  }
});

it("gives whoever only reads nothing to sign with", async () => {
  const page = await (await call("GET", `/a/${pendingId}`, credentials.auditor)).text();
  expect(page).toContain('"nonce":""');
  expect(page).not.toContain('id="approve"');
});
