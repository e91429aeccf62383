/**
 * What people and agents wait for where it runs: trips, to D1 in one place and to objects in another, one after the other. Each path's
 * chain of them, exactly: whoever makes one longer has to mean it. Reads that do not depend on each other go together.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentActivity, ApprovalRequest, LogSequencer } from "#worker.ts";
import {
  type Agent,
  ask,
  askFor,
  openPage,
  PAYLOAD,
  personAndAgent,
  receiptOf,
  send,
  signedDecision,
  viewOf,
} from "#test/workerd/support/approvals.ts";
import { useTool } from "#test/workerd/support/mcp.ts";
import { call, makeAgent, outcome, signInBody, type Someone } from "#test/workerd/support/people.ts";
import { objectOf } from "#test/workerd/support/storage.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

let person: Someone;
let agent: Agent;
let meter: PlatformMeter;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
  meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest, LogSequencer }, env.APPROVAL_REQUEST, env.ARCHIVE);
  // What an isolate remembers of its deployment, such as the log's name, it has read by then.
  await receiptOf(agent, await approved());
});

async function signedRequest() {
  const { request_id: id } = await ask(agent);
  return { id, signed: await signedDecision(person, await openPage(person, id), "approved") };
}

async function approved(): Promise<string> {
  const { id, signed } = await signedRequest();
  expect((await send(person, id, signed)).status).toBe(200);
  return id;
}

const waitersOn = (id: string) =>
  runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, state) => state.getWebSockets().length);
const post = async (path: string, body: object): Promise<void> => {
  expect(await outcome(await call("POST", path, { key: agent.key, origin: null, body }))).toEqual([200, undefined]);
};
/** The log has it, which is one trip of its writer's. */
const APPEND = ["append", "D1"];

test("asking: the approvers are read while it is asked whether the agent stands", async () => {
  const asking = async () => expect((await askFor(agent, { action: "Asked once" })).status).toBe(201);
  expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "open"]);
});

test("asking somebody by name", async () => {
  const asking = async () => expect((await askFor(agent, { approvers: { users: ["alex"] } })).status).toBe(201);
  expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "open"]);
});

test("asking for the first time in an isolate: whose key it is comes before everything else", async () => {
  const other = await makeAgent(person, "first-bot");
  const asking = async () => expect((await askFor(other)).status).toBe(201);
  expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "D1", "open"]);
});

test("asking with an idempotency key", async () => {
  const asking = async () => expect((await askFor(agent, {}, { "idempotency-key": "trips" })).status).toBe(201);
  expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "open"]);
});

test("asking over MCP", async () => {
  const args = { action: "Asked over MCP", payload: PAYLOAD, wait_seconds: 0 };
  const asking = async () =>
    expect(await useTool("2026-07-28", "request_human_approval", args, agent.key)).toMatchObject({
      structuredContent: { status: "pending" },
    });
  expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "open"]);
});

test("hearing of what is decided already", async () => {
  const id = await approved();
  expect(await meter.chainOf(() => viewOf(agent, id, 25))).toEqual(["D1", "readText"]);
});

test("hearing of it over MCP: it is read while it is asked whether the agent stands", async () => {
  const id = await approved();
  const hearing = async () =>
    expect(await useTool("2026-07-28", "wait_for_approval", { request_id: id }, agent.key)).toMatchObject({
      structuredContent: { status: "approved" },
    });
  expect(await meter.chainOf(hearing)).toEqual(["D1"]);
});

test("opening the page", async () => {
  const { request_id: id } = await ask(agent);
  expect(await meter.chainOf(() => openPage(person, id))).toEqual(["D1", "page", "recentCalls", "D1"]);
});

test("deciding, until the person hears of it", async () => {
  const { id, signed } = await signedRequest();
  const deciding = async () => expect((await send(person, id, signed)).status).toBe(200);
  expect(await meter.chainOf(deciding)).toEqual(["D1", "decide", "D1", ...APPEND]);
});

test("deciding, until a waiting agent hears of it: whether it stands is asked while the log takes the decision", async () => {
  const { id, signed } = await signedRequest();
  const waiting = viewOf(agent, id, 25);
  await expect.poll(() => waitersOn(id)).toBe(1);
  const hearing = async () => {
    const [{ status }] = await Promise.all([waiting, send(person, id, signed)]);
    expect(status).toBe("approved");
  };
  expect(await meter.chainOf(hearing)).toEqual(["D1", "decide", "D1", ...APPEND]);
});

test("redeeming: how the agent stands is read twice, before the object and in it, the last time a moment before the answer", async () => {
  const id = await approved();
  const redeeming = () => post(`/api/v1/approvals/${id}/redeem`, { payload: PAYLOAD });
  expect(await meter.chainOf(redeeming)).toEqual(["D1", "redeemFor", "D1", ...APPEND]);
});

test("reporting", async () => {
  const id = await approved();
  await post(`/api/v1/approvals/${id}/redeem`, { payload: PAYLOAD });
  const reporting = () => post(`/api/v1/approvals/${id}/outcome`, { outcome: "succeeded" });
  expect(await meter.chainOf(reporting)).toEqual(["D1", "reportFor", "D1", ...APPEND]);
});

test("the receipt", async () => {
  const id = await approved();
  expect(await meter.chainOf(() => receiptOf(agent, id))).toEqual(["D1", "receiptFor", "D1", "D1"]);
});

test("signing in", async () => {
  const body = await signInBody(person.passkey);
  const signingIn = async () => expect((await call("POST", "/sign-in/finish", { body })).status).toBe(200);
  expect(await meter.chainOf(signingIn)).toEqual(["D1", "D1", "D1"]);
});

test("the inbox", async () => {
  const opening = async () => (await call("GET", "/", { cookie: person.cookie })).text();
  expect(await meter.chainOf(opening)).toEqual(["D1", "D1"]);
});

describe("what is in the archive", () => {
  const ALARM_AND_AFTER_MS = 32 * 86_400_000;
  let id: string;
  beforeAll(async () => {
    ({ request_id: id } = await ask(agent, { idempotency_key: "archived" }));
    await send(person, id, await signedDecision(person, await openPage(person, id), "approved"));
  });
  afterAll(() => {
    vi.useRealTimers();
  });

  test("going there, with the log's name read anew: whether it is withheld asked, both texts written and read back, the id marked as over; the object awaits nothing else", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ALARM_AND_AFTER_MS });
    const object = objectOf(env.APPROVAL_REQUEST.getByName(id));
    const archiving = () => runDurableObjectAlarm(object);
    expect(await meter.chainOf(archiving)).toEqual(["D1", "D1", "R2 put", "R2 get", "R2 put", "R2 get", "D1"]);
  });

  test("hearing of it: the object looks there", async () => {
    expect(await meter.chainOf(() => viewOf(agent, id, 25))).toEqual(["D1", "readText", "R2 get", "R2 get"]);
  });

  test("asking with its idempotency key: found where a new one is listed", async () => {
    await evictDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)));
    const asking = async () => expect((await askFor(agent, {}, { "idempotency-key": "archived" })).status).toBe(200);
    expect(await meter.chainOf(asking)).toEqual(["D1", "D1", "readText", "R2 get", "R2 get"]);
  });
});

// Last, because the passkey counts from then on.
test("deciding with a passkey that counts: how everybody stands is read once its count is written", async () => {
  const { request_id: id } = await ask(agent);
  const signed = await signedDecision(person, await openPage(person, id), "approved", { wrong: { signCount: 7 } });
  const deciding = async () => expect((await send(person, id, signed)).status).toBe(200);
  expect(await meter.chainOf(deciding)).toEqual(["D1", "decide", "D1", "D1", "D1", ...APPEND]);
});
