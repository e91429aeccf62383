/** Agents below others at the gate's own address: what their keys are for, who is recorded, what counts where; and a server that is a gate. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { below, chainBelow, endBelow } from "#test/workerd/support/agents/below.ts";
import { decided, openPage } from "#test/workerd/support/approvals.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { callTool } from "#test/workerd/support/servers/gateway-call.ts";
import { acceptedTools, addedServer, tellServer, TOLD, tool } from "#test/workerd/support/servers/signed-servers.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const ALLOWED = { name: "all", match: { source: "call" }, effect: "allow" };
const TOOLS = [tool("read"), tool("write")];
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-0000000000000001-01";

let alex: Someone;
let top: Agent;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await tellServer({ tools: TOOLS });
  alex = await enrolFirst();
  await addedServer(alex);
  await given(await acceptedTools(alex));
  top = await makeAgent(alex, "planner");
  await publish(alex, policyOf([ALLOWED]));
});

const sent = async () =>
  (await receivers.requests(TOLD)).filter(({ body }) => body.includes('"tools/call"')).map(({ body }) => JSON.parse(body) as object);
const calls = (agent: { key: string }, name = "read", meta: object = {}) => callTool(agent.key, "tickets", name, {}, meta);
async function recordOf(agent: { id: string }, isDone: (status: string) => boolean) {
  for (let look = 0; look < 50; look++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await handedOver(agent);
    const [first] = await recorded(agent);
    if (first !== undefined && isDone(first.status)) return { ...first.record, ...first.ended };
  }
  throw new Error("it is not recorded");
}

describe("what a key below is for", () => {
  it("is called, and nothing else is sent, nor listed", async () => {
    const one = await below(top, { name: "reader", tools: ["tickets.read"] });
    expect(await calls(one)).toContain("Done.");
    expect(await calls(one, "write")).toContain("not_delegated");
    expect(await sent()).toHaveLength(1);
    const headers = { accept: "application/json", "mcp-protocol-version": "2025-11-25" };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list" };
    const listed = await (await call("POST", "/mcp/tickets", { key: one.key, origin: null, headers, body })).text();
    expect(listed).toContain('"read"');
    expect(listed).not.toContain('"write"');
    const record = await recordOf(one, (status) => status === "succeeded");
    expect(record.chain).toEqual([
      { id: top.id, name: "planner" },
      { id: one.id, name: "reader" },
    ]);
  });

  it.each([
    ["of another server, nothing passes there", { servers: ["mail"] }],
    ["of no server at all, nothing passes anywhere", { servers: [] }],
    ["of tools elsewhere, nothing passes here", { tools: ["mail.send"] }],
  ])("%s", async (_, scope) => {
    const one = await below(top, { name: "reader", ...scope });
    expect(await calls(one)).toContain("not_delegated");
    const headers = { accept: "application/json", "mcp-protocol-version": "2025-11-25" };
    for (const method of ["tools/list", "ping", "initialize"]) {
      const body = { jsonrpc: "2.0", id: 1, method, params: {} };
      expect(await (await call("POST", "/mcp/tickets", { key: one.key, origin: null, headers, body })).text()).toContain("not_delegated");
    }
    expect(await sent()).toEqual([]);
    const record = await recordOf(one, (status) => status === "blocked");
    expect(record).toMatchObject({ code: "not_delegated", tool: "read" });
  });
});

it("limits are those of the agent at the top, whoever below it calls", async () => {
  await publish(alex, policyOf([{ ...ALLOWED, limits: { per_day: 3 } }]));
  const [one, two] = await chainBelow(top, ["one", "two"]);
  if (one === undefined || two === undefined) throw new Error("no chain");
  for (const agent of [top, one, two]) expect(await calls(agent)).toContain("Done.");
  const fresh = await below(top, { name: "fresh" });
  for (const agent of [fresh, two, one, top]) expect(await calls(agent)).toContain("rate_limited");
  expect(await sent()).toHaveLength(3);
});

it("a key that has ended, or whose agent is stopped, spends nothing of what those above have", async () => {
  await publish(alex, policyOf([{ ...ALLOWED, limits: { per_day: 4 } }]));
  const [ended, stopped] = [await below(top, { name: "ended" }), await below(top, { name: "stopped" })];
  for (const agent of [ended, stopped]) expect(await calls(agent)).toContain("Done.");
  expect((await endBelow(top, ended.id)).status).toBe(204);
  expect((await stop(alex, stopped.id)).status).toBe(204);
  for (let times = 0; times < 4; times++) {
    expect(await calls(ended)).toContain("unauthorized");
    expect(await calls(stopped)).toContain("agent_stopped");
  }
  for (let times = 0; times < 2; times++) expect(await calls(top)).toContain("Done.");
  expect(await calls(top)).toContain("rate_limited");
});

it("a stop above, and an end by one above, stop calls below at once", async () => {
  const [one, two] = await chainBelow(top, ["one", "two"]);
  if (one === undefined || two === undefined) throw new Error("no chain");
  expect(await calls(two)).toContain("Done.");
  expect((await stop(alex, one.id)).status).toBe(204);
  expect(await calls(two)).toContain("agent_stopped");
  expect(await calls(top)).toContain("Done.");
  expect((await endBelow(top, one.id)).status).toBe(204);
  expect(await calls(two)).toContain("unauthorized");
  expect(await sent()).toHaveLength(2);
});

it("a call that people are asked about names the chain, and what others did under its trace is on its card", async () => {
  const [one] = await chainBelow(top, ["one"]);
  if (one === undefined) throw new Error("no chain");
  await publish(alex, policyOf([{ name: "asks", match: { tool: "write" }, effect: "require_approval" }, ALLOWED]));
  const traced = (agent: { key: string }, name: string, span: string) => {
    const headers = {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
      traceparent: TRACE.replace("0000000000000001", span),
    };
    const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "dev.countersign/wait_seconds": 0 };
    const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {}, _meta: meta } };
    return call("POST", "/mcp/tickets", { key: agent.key, origin: null, headers, body });
  };
  expect(await (await traced(top, "read", "0000000000000002")).text()).toContain("Done.");
  const asked = await (await traced(one, "write", "0000000000000003")).text();
  const id = /apr_[A-Za-z0-9_-]{32}/.exec(asked)?.[0] ?? "";
  expect((await openPage(alex, id)).request.context).toMatchObject({ chain: [{ name: "planner" }, { name: "one" }], tool: "write" });
  const page = await (await call("GET", `/a/${id}`, { cookie: alex.cookie, headers: { accept: "text/html" } })).text();
  const session = page.slice(page.indexOf('aria-label="Session"'));
  expect(session).toContain("tickets.read");
  expect(session).toContain("planner");
});

describe("a server that is a gate itself", () => {
  const link = "https://other.example.com/a/apr_1";
  const result = JSON.stringify({
    content: [{ type: "text", text: "NOT DONE YET." }],
    _meta: { "dev.countersign/pending": { request_id: "apr_1", approval_url: link }, "dev.countersign/replayed": true },
  });
  beforeEach(() => tellServer({ tools: TOOLS, result }));

  it("does not speak for this one: its link is handed on as its own word", async () => {
    const answer = await calls(top);
    expect(answer).toContain("The server tickets says that it is a gate as well");
    expect(answer).toContain(`"dev.countersign/upstream.pending":{"request_id":"apr_1","approval_url":"${link}"}`);
    expect(answer).not.toContain('"dev.countersign/pending"');
    expect(answer).not.toContain('"dev.countersign/replayed"');
    expect(await recordOf(top, (status) => status === "succeeded")).toMatchObject({ code: "upstream_pending" });
  });

  it("nor of a call that people here have approved", async () => {
    await publish(alex, policyOf([{ name: "asks", match: { tool: "write" }, effect: "require_approval" }]));
    const waiting = await calls(top, "write", { "dev.countersign/wait_seconds": 0 });
    const id = /apr_[A-Za-z0-9_-]{32}/.exec(waiting)?.[0] ?? "";
    await decided(alex, id, "approved");
    const answer = await callTool(top.key, "tickets", "resume_call", { request_id: id });
    expect(answer).toContain("The server tickets says that it is a gate as well");
    expect(answer).toContain('"dev.countersign/upstream.pending"');
    expect(answer).not.toContain('"dev.countersign/pending"');
    expect(await sent()).toHaveLength(1);
  });
});
