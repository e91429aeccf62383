/**
 * The machine dies in the middle of gated calls, wherever that hurts. What their server saw is counted: never one twice. That an outcome is
 * not known is said where nobody can know it, and nowhere else.
 */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HostileServer, SERVER_TOKEN } from "#test/support/calls/hostile-server.ts";
import { RawAgent, type Told, until } from "#test/support/calls/raw-agent.ts";
import { type Agent, Person } from "#test/support/service/person.ts";
import { type Service, startService } from "#test/support/service/service.ts";

let service: Service;
let server: HostileServer;
let person: Person;
let key: Agent["key"];
let agent: RawAgent;

const ASKED = "type: countersign/policy@v1\nrules:\n  - { name: asked, match: { source: call }, effect: require_approval }\n";
const ENVIRONMENT = { ALLOW_LOOPBACK_ADDRESSES: "true" };

beforeAll(async () => {
  [service, server] = await Promise.all([startService({ env: ENVIRONMENT }), HostileServer.start()]);
  person = await Person.enrolFirst(service);
  ({ key } = await person.makeAgent("release-bot"));
  const authentication = { kind: "bearer" };
  await person.addServer({ name: "tools", url: server.url, authentication, credential: { token: SERVER_TOKEN } });
  await person.acceptTools("tools");
  await person.publishPolicy(ASKED);
  agent = new RawAgent(service.origin, "tools", key);
});
afterAll(async () => {
  await service?.stop();
  server?.stop();
  if (service) rmSync(service.stateDir, { recursive: true });
});

/** Dies, and comes back with what was on its disk. */
async function dieAndReturn(): Promise<void> {
  const { port, stateDir } = service;
  await service.kill();
  service = await startService({ port, stateDir, env: ENVIRONMENT });
}

async function asked(n: string, how = "answer"): Promise<Told["pending"]> {
  return (await agent.call("write", { n, do: how })).pending;
}

async function approved(n: string, how = "answer"): Promise<string> {
  const { request_id: id, approval_url: url } = await asked(n, how);
  await person.decide(url, "approved");
  return id;
}

/** How a call went, as far as the gate knows. */
async function outcomeOf(requestId: string): Promise<string | undefined> {
  const answer = await fetch(`${service.origin}/api/v1/approvals/${requestId}`, { headers: { "x-api-key": key } });
  return ((await answer.json()) as { outcome?: string }).outcome;
}

it("a call goes on after the machine has died, wherever it was, and its server sees it once", async () => {
  const undecided = await asked("undecided");
  const uncollected = await approved("uncollected");
  const onItsWay = await approved("on its way", "hold");
  const answered = await approved("answered", "hold, and tell");
  const collected = await approved("collected");
  expect((await agent.resume(collected)).text).toBe("done collected");
  const lost = agent.resume(onItsWay).catch(() => null);
  const left = new AbortController();
  const gone = agent.resume(answered, { signal: left.signal, meta: { progressToken: "p" } }).catch(() => null);
  await Promise.all([server.seen("on its way"), server.seen("answered")]);
  left.abort();
  await gone;
  server.release("answered");
  await until(async () => (await outcomeOf(answered)) === "succeeded");
  await dieAndReturn();
  await lost;
  server.release("on its way");

  await person.decide(undecided.approval_url, "approved");
  expect((await agent.resume(undecided.request_id)).text).toBe("done undecided");
  expect((await agent.resume(uncollected)).text).toBe("done uncollected");
  expect((await agent.resume(answered)).text).toBe("done answered");
  expect((await agent.resume(onItsWay)).code).toBe("outcome_unknown");
  expect((await agent.resume(onItsWay)).code).toBe("outcome_unknown");
  expect((await agent.resume(collected)).code).toBe("already_redeemed");
  for (const n of ["undecided", "uncollected", "on its way", "answered", "collected"]) expect([n, server.calls(n).length]).toEqual([n, 1]);
});

it("the machine dies in the moment in which the server answers: its answer, or that it is not known", async () => {
  const id = await approved("answers now", "hold");
  const lost = agent.resume(id).catch(() => null);
  await server.seen("answers now");
  server.release("answers now");
  await dieAndReturn();
  await lost;
  const told = await agent.resume(id);
  expect(told.code ?? told.text).toMatch(/^(done answers now|outcome_unknown|already_redeemed)$/);
  expect(server.calls("answers now")).toHaveLength(1);
});
