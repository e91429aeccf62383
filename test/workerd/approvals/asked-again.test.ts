/** Asks without an idempotency key: what is asked for already, and still waits for people, is not asked of them twice. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { type Agent, ask, askFor, decided, openPage, PAYLOAD, personAndAgent, read, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import { ERAS, useTool } from "#test/workerd/support/mcp.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

let person: Someone;
let agent: Agent;
beforeEach(async () => {
  ({ person, agent } = await personAndAgent());
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

const REVEALING = { ALLOW_REVEAL: "true" };
const listed = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT id FROM approval").all<{ id: string }>()).results.map(({ id }) => id);
const asText = (body: string): Promise<Response> =>
  call("POST", "/api/v1/approvals", { key: agent.key, origin: null, headers: { "content-type": "application/json" }, text: body });

/** The request that an answer is about, and whether it is said to be new. */
async function requestOf(answer: Response): Promise<{ id: string; isNew: boolean }> {
  expect([200, 201]).toContain(answer.status);
  return { id: (await answer.json<AgentView>()).request_id, isNew: answer.status === 201 };
}
const asked = async (body: JsonObject = {}, by = agent): Promise<{ id: string; isNew: boolean }> =>
  requestOf(await askFor(by, body, {}, REVEALING));

describe("the same again, while it waits, is the same request", () => {
  it("with its first reason and deadline, and the answer that it is no new one", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const first = await askFor(agent, { reason: "Ticket 4711", expires_in_seconds: 600 });
    const view = await first.json<AgentView>();
    vi.setSystemTime(Date.now() + 61_000);
    for (const more of [{}, { reason: "Ticket 4711" }, { reason: "Something else", expires_in_seconds: 30 }, { wait_seconds: 1 }]) {
      const again = await askFor(agent, more);
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(await again.json()).toEqual(view);
    }
    expect((await openPage(person, view.request_id)).request.reason).toBe("Ticket 4711");
    expect(await listed()).toEqual([view.request_id]);
  });

  it("however it is written, over REST and MCP together", async () => {
    await admitted(person, "robin");
    const { id } = await asked({ approvers: { users: ["alex", "robin"], required: 1 } });
    const names = '"approvers":{"required":"1","users":["robin","alex","robin"]}';
    const written = `{ ${names},\n "wait_seconds":0, "payload":{"version":"4.2.0","replicas":3.0,"service":"\\u0061pi"}, "reveal":false, "action":"Deploy api to production"}`;
    expect(await requestOf(await asText(written))).toEqual({ id, isNew: false });
    const args = { action: "Deploy api to production", payload: PAYLOAD, approvers: { users: ["robin", "alex"] }, wait_seconds: 0 };
    for (const era of ERAS) expect((await useTool(era, "request_human_approval", args, agent.key)).structuredContent.request_id).toBe(id);

    const { id: ofOne } = await asked({ approver_username: "alex" });
    expect(await asked({ approvers: { users: ["alex"] } })).toEqual({ id: ofOne, isNew: false });
    expect(await listed()).toHaveLength(2);
  });

  it("also of many at the same moment, over both: one has asked, and all are told the same", async () => {
    const body = { action: "Publish 1.0", payload: { tag: "v1.0" } };
    const overMcp = async (): Promise<string> =>
      (await useTool("2026-07-28", "request_human_approval", { ...body, wait_seconds: 0 }, agent.key)).structuredContent.request_id;
    const overRest = async (): Promise<string> => (await asked({ ...body, reason: `${Math.random()}` })).id;
    const ids = await Promise.all(Array.from({ length: 24 }, (_, n) => (n % 2 === 0 ? overRest() : overMcp())));
    expect(new Set(ids).size).toBe(1);
    expect(await listed()).toEqual([ids[0]]);
    const row = await env.DB.prepare("SELECT requested_at, expires_at FROM approval").first();
    const { requested_at, expires_at } = await viewOf(agent, ids[0] ?? "");
    expect(row).toEqual({ requested_at, expires_at });
  });

  it("with a signature that it already has, and both calls hear of the end", async () => {
    await admitted(person, "robin");
    const two = { approvers: { required: 2 } };
    const { id } = await asked(two);
    await decided(person, id, "approved");
    expect(await (await askFor(agent, two)).json()).toMatchObject({ request_id: id, status: "pending", approvals: 1 });
    const waits = [read(agent, id, 25), askFor(agent, { ...two, wait_seconds: 25 })];
    const waiters = () => runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);
    await expect.poll(waiters).toBe(2);
    await call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body: {} });
    for (const answer of await Promise.all(waits)) expect(await answer.json()).toMatchObject({ request_id: id, status: "cancelled" });
  });

  it("and counts against no cap", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.floor(Date.now() / 60_000) * 60_000 + 10_000 });
    const first = await asked();
    for (let more = 1; more < 100; more++) await ask(agent);
    expect(await outcome(await askFor(agent, { action: "One too many" }))).toEqual([429, "rate_limited"]);
    expect(await asked()).toEqual({ id: first.id, isNew: false });
    expect(await listed()).toHaveLength(100);
  });
});

describe("is another request", () => {
  const OTHERS: [string, JsonObject][] = [
    ["with another action", { action: "Deploy api to production " }],
    ["with another payload", { payload: { ...PAYLOAD, replicas: 4 } }],
    ["with a member more", { payload: { ...PAYLOAD, region: null } }],
    ["with text for a number", { payload: { ...PAYLOAD, replicas: "3" } }],
    ["of one person alone", { approver_username: "alex" }],
    ["of another person alone", { approver_username: "robin" }],
    ["of a group", { approvers: { groups: ["ops"] } }],
    ["of both of two", { approvers: { required: 2 } }],
    ["that is to be public", { reveal: true }],
    ["with a key", { idempotency_key: "k" }],
  ];

  it("what differs in anything that people are shown or that says who decides", async () => {
    await admitted(person, "robin", ["approver"], ["ops"]);
    const ids = new Set([(await asked()).id]);
    for (const [, body] of OTHERS) {
      const { id, isNew } = await asked(body);
      expect(isNew).toBe(true);
      ids.add(id);
    }
    expect(ids.size).toBe(OTHERS.length + 1);
    for (const [what, body] of [["the first", {}] as const, ...OTHERS]) {
      const { id, isNew } = await asked(body);
      expect([what, isNew, ids.has(id)]).toEqual([what, false, true]);
    }
  });

  it("with a key, whatever waits without, and without one, whatever waits with", async () => {
    const keyed = await asked({ idempotency_key: "deploy" });
    const bare = await asked();
    const other = await asked({ idempotency_key: "deploy again" });
    expect(new Set([keyed.id, bare.id, other.id]).size).toBe(3);
    expect(await asked({ idempotency_key: "deploy" })).toEqual({ id: keyed.id, isNew: false });
    expect(await asked({ idempotency_key: "" })).toEqual({ id: bare.id, isNew: false });
    expect(await asked({ idempotency_key: null })).toEqual({ id: bare.id, isNew: false });
    expect(await outcome(await askFor(agent, { idempotency_key: "deploy", reason: "Changed" }))).toEqual([409, "idempotency_conflict"]);
  });

  it("of another agent, which neither finds it nor learns of it", async () => {
    const mine = await asked();
    const other = await makeAgent(person, "other-bot");
    const theirs = await asked({}, other);
    expect(theirs).toEqual({ id: expect.not.stringContaining(mine.id.slice(4, 16)) as unknown, isNew: true });
    expect(await outcome(await read(other, mine.id))).toEqual([404, "unknown_request"]);
    expect(await asked({}, other)).toEqual({ id: theirs.id, isNew: false });
  });

  it("once it is over, however it ended", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const ends: ((id: string) => Promise<unknown>)[] = [
      (id) => decided(person, id, "approved"),
      (id) => decided(person, id, "denied"),
      (id) => call("POST", `/api/v1/approvals/${id}/cancel`, { key: agent.key, origin: null, body: {} }),
      () => Promise.resolve(vi.setSystemTime(Date.now() + 901_000)),
    ];
    const seen = new Set<string>();
    for (const end of [...ends, ...ends]) {
      const { id, isNew } = await asked();
      expect(isNew).toBe(true);
      expect(await asked()).toEqual({ id, isNew: false });
      seen.add(id);
      await end(id);
    }
    expect(seen.size).toBe(8);
  });
});

it("what an earlier version listed, under an id that says nothing, is not found and stays", async () => {
  const { id } = await asked({ idempotency_key: "as random as any" });
  const rows = await env.DB.prepare("SELECT * FROM approval").all();
  const bare = await asked();
  expect(bare.isNew).toBe(true);
  expect(await asked()).toEqual({ id: bare.id, isNew: false });
  expect((await env.DB.prepare("SELECT * FROM approval WHERE id = ?").bind(id).all()).results).toEqual(rows.results);
});
