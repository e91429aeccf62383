/**
 * Every way to a server behind the gate is judged: each method of the protocol, known or not, in every form that a client can give it, and
 * each route of the service. All that comes to the server is kept and compared with what is let through.
 */
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostileServer, SERVER_TOKEN } from "#test/support/calls/hostile-server.ts";
import { RawAgent } from "#test/support/calls/raw-agent.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let server: HostileServer;
let person: Person;
let bot: Agent;

beforeAll(async () => {
  [service, server] = await Promise.all([startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }), HostileServer.start()]);
  person = await Person.enrolFirst(service);
  bot = await person.makeAgent("release-bot");
  const added = { url: server.url, authentication: { kind: "bearer" }, credential: { token: SERVER_TOKEN } };
  await person.addServer({ ...added, name: "closed" });
  await person.addServer({ ...added, name: "open", features: { resources: true, prompts: true, completion: true } });
  for (const name of ["closed", "open"]) await person.acceptTools(name);
  await person.publishPolicy("type: countersign/policy@v1\nrules:\n  - { name: nothing, match: { source: call }, effect: deny }\n");
});
afterAll(async () => {
  await service?.stop();
  server?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

/** What comes to the server though no rule lets a call pass: what changes nothing, and what belongs to a session. */
const ALWAYS = ["initialize", "server/discover", "ping", "logging/setLevel", "tools/list"];
const WITH_FEATURES = [
  "resources/list",
  "resources/templates/list",
  "resources/subscribe",
  "resources/unsubscribe",
  "prompts/list",
  "subscriptions/listen",
];
const JUDGED = ["tools/call", "resources/read", "prompts/get", "completion/complete"];
/** Of tasks that the server never gave this agent; of what servers ask clients; and of what there is not. */
const NEVER = [
  "tasks/list",
  "tasks/get",
  "tasks/result",
  "tasks/cancel",
  "tasks/update",
  "sampling/createMessage",
  "elicitation/create",
  "roots/list",
  "tools/call/",
  "Tools/Call",
  "tools/callTool",
  "approval/challenge/create",
  "rpc.discover",
  "__proto__",
  "",
];
const NOTIFICATIONS = [
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/roots/list_changed",
];
const ABOUT = { name: "read", arguments: { n: "walked" }, uri: "file:///walked", taskId: "walked", ref: { type: "ref/prompt", name: "p" } };

/** The methods that came to the server while this was done. */
async function cameBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = server.received.length;
  await work();
  return server.received.slice(before).map(({ message, http }) => message.method ?? http);
}

const MODERN = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };

describe.each(["closed", "open"])("a server that is %s", (name) => {
  const agent = () => new RawAgent(service.origin, name, bot.key);
  const passes = (method: string) =>
    ALWAYS.includes(method) || (WITH_FEATURES.includes(method) && (name === "open" || method === "subscriptions/listen"));

  it.each([...ALWAYS, ...WITH_FEATURES, ...JUDGED, ...NEVER])("%s", async (method) => {
    const expected = passes(method) ? [method] : [];
    expect(await cameBy(() => agent().ask(method, ABOUT))).toEqual(expected);
    const about = method === "resources/read" ? ABOUT.uri : method.startsWith("tasks/") ? ABOUT.taskId : ABOUT.name;
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": method, "mcp-name": about };
    expect(await cameBy(() => agent().ask(method, { ...ABOUT, _meta: MODERN }, { headers }))).toEqual(method === "" ? [] : expected);
    const hidden = { ...headers, "mcp-method": "ping", "mcp-name": "ping" };
    if (method !== "ping") expect(await cameBy(() => agent().ask(method, { ...ABOUT, _meta: MODERN }, { headers: hidden }))).toEqual([]);
    // In a list, without an id, or under what is no id, it is not a request.
    const request = { jsonrpc: "2.0", id: 1, method, params: ABOUT };
    for (const form of [
      [request],
      { ...request, id: undefined },
      { ...request, id: null },
      { ...request, jsonrpc: "1.0" },
      { ...request, id: [1] },
    ]) {
      expect(await cameBy(() => agent().send(form))).toEqual([]);
    }
  });

  it.each([...NOTIFICATIONS, "notifications/message", "notifications/tools/list_changed", "tools/call"])("%s, told", async (method) => {
    const expected = NOTIFICATIONS.includes(method) ? [method] : [];
    expect(await cameBy(() => agent().send({ jsonrpc: "2.0", method, params: {} }))).toEqual(expected);
  });
});

describe("HTTP", () => {
  const headers = () => ({ "x-api-key": bot.key, "content-type": "application/json" });
  const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "read", arguments: {} } });
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });

  it("no method but POST carries a message, and no address but the server's own leads to it", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "QUERY"]) {
      const body = method === "HEAD" ? null : ping;
      expect([method, await cameBy(() => fetch(`${service.origin}/mcp/open`, { method, headers: headers(), body }))]).toEqual([method, []]);
    }
    for (const path of ["open/x", "open/..%2fclosed", "OPEN", "open%00", "127.0.0.1", encodeURIComponent(server.url)]) {
      const url = `${service.origin}/mcp/${path}`;
      expect([path, await cameBy(() => fetch(url, { method: "POST", headers: headers(), body: ping }))]).toEqual([path, []]);
    }
  });

  it.each([
    ["no key", {}],
    ["a wrong key", { "x-api-key": "csa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }],
  ])("%s opens nothing", async (_, keys) => {
    const sent = { method: "POST", headers: { "content-type": "application/json", ...(keys as Record<string, string>) }, body: ping };
    expect(await cameBy(async () => expect((await fetch(`${service.origin}/mcp/open`, sent)).status).toBe(401))).toEqual([]);
  });

  it("a person's session opens nothing", async () => {
    expect(await cameBy(() => person.post("/mcp/open", JSON.parse(ping)))).toEqual([]);
  });

  it("no other route leads an agent to a server", async () => {
    const document = fileURLToPath(new URL("../../../dist/openapi.json", import.meta.url));
    const { paths } = JSON.parse(readFileSync(document, "utf8")) as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) =>
        /^(get|post|put|delete|patch)$/.test(method) ? [{ path, method: method.toUpperCase() }] : [],
      ),
    );
    expect(routes.length).toBeGreaterThan(10);
    for (const { path, method } of [
      ...routes,
      { path: "/servers/open/tools/refresh", method: "POST" },
      { path: "/../../mcp", method: "POST" },
    ]) {
      const url = `${service.origin}/api/v1${path}`.replaceAll(/\{[^}]+\}/g, "open");
      const sent = { method, headers: headers(), body: method === "GET" ? null : call };
      expect([method, path, await cameBy(() => fetch(url, sent).then((answer) => answer.body?.cancel()))]).toEqual([method, path, []]);
    }
  });
});
