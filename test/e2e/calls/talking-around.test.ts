/**
 * An agent that talks around the gate: it uses its approvals itself, comes back for what is somebody else's, asks twice at once, goes away
 * and comes again, says it in another form, and goes on after it was stopped. What the server behind the gate saw is counted.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostileServer, SERVER_TOKEN } from "#test/support/calls/hostile-server.ts";
import { RawAgent, until } from "#test/support/calls/raw-agent.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let server: HostileServer;
let person: Person;
let bot: Agent;
let agent: RawAgent;

const POLICY = `type: countersign/policy@v1
rules:
  - { name: read, match: { source: call, tool: read }, effect: allow }
  - { name: asked, match: { source: call }, effect: require_approval }
`;
const DENIED = "  - { name: denied, match: { source: call, tool: drifting }, effect: deny }\n";

beforeAll(async () => {
  [service, server] = await Promise.all([startService({ env: { ALLOW_LOOPBACK_ADDRESSES: "true" } }), HostileServer.start()]);
  person = await Person.enrolFirst(service);
  bot = await person.makeAgent("release-bot");
  for (const name of ["tools", "others", "removed"]) {
    await person.addServer({ name, url: server.url, authentication: { kind: "bearer" }, credential: { token: SERVER_TOKEN } });
    await person.acceptTools(name);
  }
  await person.publishPolicy(POLICY);
  agent = new RawAgent(service.origin, "tools", bot.key);
});
afterAll(async () => {
  await service?.stop();
  server?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

async function approved(args: object, of = agent): Promise<string> {
  const { request_id: id, approval_url: url } = (await of.call("write", args)).pending;
  await person.decide(url, "approved");
  return id;
}

/** To the routes of approvals. */
const rest = (key: string, path: string, body?: object): Promise<Response> =>
  fetch(`${service.origin}/api/v1/approvals${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });

const codeIn = async (answer: Response): Promise<unknown> => ((await answer.json()) as { code?: string }).code;

/** The gate's own tools, which are for what agents do themselves. */
const own = (key: string): RawAgent => new RawAgent(service.origin, "", key);

describe("an approved call", () => {
  it("is not used or reported on by the agent, over REST or MCP, and is run all the same", async () => {
    const id = await approved({ n: "used" });
    const { items } = (await (await person.get("/api/v1/servers/tools/tools")).json()) as {
      items: { name: string; listed: { pin: string } | null }[];
    };
    const schema_hash = items.find(({ name }) => name === "write")?.listed?.pin;
    const payload = { server: "tools", url_origin: new URL(server.url).origin, tool: "write", schema_hash, arguments: { n: "used" } };
    const report = { outcome: "succeeded" };
    expect(await codeIn(await rest(bot.key, `/${id}/redeem`, { payload }))).toBe("not_redeemable");
    expect(await codeIn(await rest(bot.key, `/${id}/outcome`, report))).toBe("not_redeemable");
    for (const [name, args] of Object.entries({ redeem_approval: { payload }, report_outcome: report })) {
      expect((await own(bot.key).call(name, { request_id: id, ...args })).code).toBe("not_redeemable");
    }
    const waited = await own(bot.key).call("wait_for_approval", { request_id: id, wait_seconds: 0 });
    expect(waited.result["structuredContent"]).toMatchObject({ status: "approved", next: expect.stringContaining("/mcp/tools") as string });
    expect(server.calls("used")).toEqual([]);
    expect((await agent.resume(id)).text).toBe("done used");
    expect(await codeIn(await rest(bot.key, `/${id}/outcome`, report))).toBe("not_redeemable");
    expect(server.calls("used")).toHaveLength(1);
  });

  it("is nobody else's, and of its own server: anything else looks as if it were not there", async () => {
    const id = await approved({ n: "foreign" });
    const other = await person.makeAgent("other-bot");
    const asked = await rest(bot.key, "", { action: "Deploy", payload: {} });
    const { request_id: ordinary } = (await asked.json()) as { request_id: string };
    expect(ordinary).toMatch(/^apr_/);
    for (const told of [
      await new RawAgent(service.origin, "tools", other.key).resume(id),
      await new RawAgent(service.origin, "others", bot.key).resume(id),
      await agent.resume(ordinary),
      await agent.resume(`${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}`),
    ]) {
      expect(told.code).toBe("unknown_request");
    }
    expect(server.calls("foreign")).toEqual([]);
  });

  it("two that collect it at once both get its answer, of one call", async () => {
    const id = await approved({ n: "twice", do: "hold" });
    const both = [agent.resume(id), agent.resume(id, { stream: false })];
    await server.seen("twice");
    server.release("twice");
    const told = await Promise.all(both);
    expect(told.map(({ text }) => text)).toEqual(["done twice", "done twice"]);
    expect(told.filter(({ isReplayed }) => isReplayed)).toHaveLength(1);
    expect(server.calls("twice")).toHaveLength(1);
  });

  it("denied: the comment comes, and nothing is sent", async () => {
    const { request_id: id, approval_url: url } = (await agent.call("write", { n: "denied" })).pending;
    await person.decide(url, "denied", "Not on a Friday.");
    const told = await agent.resume(id);
    expect([told.code, told.text.includes("Not on a Friday.")]).toEqual(["not_approved", true]);
    expect(server.calls("denied")).toEqual([]);
  });
});

describe("equal calls", () => {
  it("join what waits, and are told that they did; after its answer was given they are new", async () => {
    const first = (await agent.call("write", { n: "equal", text: "." })).pending.request_id;
    expect((await agent.call("write", { text: ".", n: "equal", _reason: "Again" })).pending.request_id).toBe(first);
    const key = (name: string) => ({ meta: { "dev.countersign/idempotency-key": name } });
    const kept = (await agent.call("write", { n: "equal", text: "." }, key("one"))).pending.request_id;
    expect(kept).not.toBe(first);
    expect((await agent.call("write", { n: "equal", text: "." }, key("one"))).pending.request_id).toBe(kept);
    await person.decide(`${service.origin}/a/${first}`, "approved");
    const told = await Promise.all([agent.call("write", { n: "equal", text: "." }), agent.resume(first)]);
    expect(told.map(({ text }) => text)).toEqual(["done equal.", "done equal."]);
    expect(told.filter(({ isReplayed }) => isReplayed)).toHaveLength(1);
    expect(server.calls("equal")).toHaveLength(1);
    await until(async () => (await agent.call("write", { n: "equal", text: "." })).meta["dev.countersign/pending"] !== undefined);
    expect(server.calls("equal")).toHaveLength(1);
  });

  it("a client that gave up while it ran and calls again gets the answer of the one call", async () => {
    const id = await approved({ n: "retried", do: "hold, and tell" });
    const left = new AbortController();
    const gone = agent.resume(id, { signal: left.signal, meta: { progressToken: "p" } }).catch(() => null);
    await server.seen("retried");
    left.abort();
    await gone;
    const again = agent.call("write", { n: "retried", do: "hold, and tell" });
    server.release("retried");
    expect((await again).text).toBe("done retried");
    expect(server.calls("retried")).toHaveLength(1);
  });

  it("are new once the task of the one before has told how it ended, which it goes on to tell", async () => {
    const version = "2026-07-28";
    const meta = {
      "io.modelcontextprotocol/protocolVersion": version,
      "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
    };
    const named = (method: string, name: string) => ({ "mcp-protocol-version": version, "mcp-method": method, "mcp-name": name });
    const call = () => agent.call("write", { n: "task" }, { meta, headers: named("tools/call", "write") });
    const ended = (taskId: string) => agent.ask("tasks/get", { taskId, _meta: meta }, { headers: named("tasks/get", taskId) });
    for (const [verdict, told] of Object.entries({ denied: "not_approved", approved: "done task" } as const)) {
      const taskId = String((await call()).result["taskId"]);
      expect((await call()).result["taskId"]).toBe(taskId);
      await person.decide(`${service.origin}/a/${taskId}`, verdict as "denied" | "approved");
      for (let times = 0; times < 2; times++) expect((await ended(taskId)).everything).toContain(told);
      await expect.poll(async () => (await call()).result["taskId"]).not.toBe(taskId);
      const other = String((await call()).result["taskId"]);
      await agent.ask("tasks/cancel", { taskId: other, _meta: meta }, { headers: named("tasks/cancel", other) });
      await ended(other);
    }
    expect(server.calls("task")).toHaveLength(1);
  });

  it("a client that gave up while people were asked goes on with the same request", async () => {
    const left = new AbortController();
    const gone = agent
      .call("write", { n: "gave up" }, { meta: { "dev.countersign/wait_seconds": 30 }, signal: left.signal })
      .catch(() => null);
    const { request_id: asked } = (await agent.call("write", { n: "gave up" })).pending;
    left.abort();
    await gone;
    const id = await approved({ n: "gave up" });
    expect(id).toBe(asked);
    expect((await agent.resume(id)).text).toBe("done gave up");
    expect(server.calls("gave up")).toHaveLength(1);
  });
});

describe("what changes while a call waits", () => {
  it("a session that is over: told before the call is claimed, nothing is sent", async () => {
    const begun = await agent.ask("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    });
    const headers = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
    const { request_id: id, approval_url: url } = (await agent.call("write", { n: "session" }, { headers })).pending;
    const foreign = new RawAgent(service.origin, "others", bot.key);
    expect((await foreign.call("read", { n: "session" }, { headers })).status).toBe(404);
    server.forgetSessions();
    await person.decide(url, "approved");
    expect((await agent.resume(id)).code).toBe("session_lost");
    expect(server.calls("session")).toEqual([]);
  });

  it("a server that was removed", async () => {
    const there = new RawAgent(service.origin, "removed", bot.key);
    const id = await approved({ n: "removed" }, there);
    const pending = (await there.call("write", { n: "removed too" })).pending;
    const headers = { cookie: person.cookie, origin: service.origin };
    expect((await fetch(`${service.origin}/api/v1/servers/removed`, { method: "DELETE", headers })).ok).toBe(true);
    await person.decide(pending.approval_url, "approved");
    for (const one of [id, pending.request_id]) {
      const told = await there.resume(one);
      expect([told.status, told.code]).toEqual([404, "unknown_server"]);
      expect((await agent.resume(one)).code).toBe("unknown_request");
    }
    expect([...server.calls("removed"), ...server.calls("removed too")]).toEqual([]);
  });

  it("a policy that refuses it by now", async () => {
    const { request_id: id, approval_url: url } = (await agent.call("drifting", { n: "policy" })).pending;
    await person.publishPolicy(POLICY.replace("rules:\n", `rules:\n${DENIED}`), 1);
    await person.decide(url, "approved");
    expect((await agent.resume(id)).code).toBe("policy_denied");
    expect(server.calls("policy")).toEqual([]);
  });
});

async function stop({ id }: Agent): Promise<void> {
  expect((await person.post(`/api/v1/agents/${id}/stop`, {})).status).toBe(204);
}

describe.each([
  ["stopped", "agent_stopped", stop],
  ["revoked", "unauthorized", ({ id }: Agent): Promise<void> => person.revokeAgent(id)],
] as const)("an agent that was %s", (how, code, end) => {
  it("gets nothing of a call that waits, and none that was approved is sent", async () => {
    const its = await person.makeAgent(`waits-${how}`);
    const acting = new RawAgent(service.origin, "tools", its.key);
    const id = await approved({ n: `approved, then ${how}` }, acting);
    const { pending } = await acting.call("write", { n: `waits, then ${how}` });
    const waiting = acting.resume(pending.request_id, { wait: 60 });
    await end(its);
    expect([(await waiting).code, (await acting.resume(id)).code]).toEqual([code, code]);
    expect([...server.calls(`approved, then ${how}`), ...server.calls(`waits, then ${how}`)]).toEqual([]);
  });

  it("gets nothing of a call on its way, whose server is told", async () => {
    const its = await person.makeAgent(`runs-${how}`);
    const acting = new RawAgent(service.origin, "tools", its.key);
    const n = `runs, then ${how}`;
    const id = await approved({ n, do: "hold" }, acting);
    const running = acting.resume(id);
    await server.seen(n);
    await end(its);
    expect((await running).code).toBe(code);
    await until(() => server.asked("notifications/cancelled").some(({ message }) => message.params?.["requestId"] === `countersign:${id}`));
    server.release(n);
    expect(server.calls(n)).toHaveLength(1);
  });

  it("gets nothing of a call that passed and is on its way", async () => {
    const its = await person.makeAgent(`reads-${how}`);
    const n = `reads, then ${how}`;
    const acting = new RawAgent(service.origin, "tools", its.key);
    const calls = ["hold", "hold, and tell"].map((behaves) => acting.call("read", { n: `${n}: ${behaves}`, do: behaves }));
    await Promise.all([server.seen(`${n}: hold`), server.seen(`${n}: hold, and tell`)]);
    await end(its);
    for (const behaves of ["hold", "hold, and tell"]) server.release(`${n}: ${behaves}`);
    const told = await Promise.all(calls);
    expect(told.map((one) => [one.code, one.everything.includes("done")])).toEqual([
      ["outcome_unknown", false],
      ["outcome_unknown", false],
    ]);
  });
});
