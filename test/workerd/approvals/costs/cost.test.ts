/**
 * What each step of an approval uses of the platform, exactly: whoever adds a row, a query or a call has to mean it. An
 * approval, from asking to the decision in the log, writes at most eight rows in D1.
 */
import { createScheduledController, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";
import worker, { AgentActivity, ApprovalRequest, LogSequencer } from "#worker.ts";
import type { PlatformUse } from "#test/support/service/platform-use.ts";
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
import { admitted } from "#test/workerd/support/invited.ts";
import { call, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { objectOf } from "#test/workerd/support/storage.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

const MOST_D1_ROWS = 8;
/** A search looks at the row after its last, if there is one: asking looks three times for the agent's sets and for what is open under each. */
const AFTER_THE_LAST = 6;

let person: Someone;
let agent: Agent;
let meter: PlatformMeter;
beforeAll(async () => {
  ({ person, agent } = await personAndAgent());
  // The first request that these people could decide is listed with them, and as a set of its agent's (d1-migrations/0009, 0014), and those after it are not.
  await askFor(agent);
  meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest, LogSequencer });
});
beforeEach(() => {
  meter.take();
});

/** A request whose page is open and signed. */
async function signedRequest() {
  const { request_id: id } = await ask(agent);
  return { id, signed: await signedDecision(person, await openPage(person, id), "approved") };
}

/** What has been used since last asked, but for times, and rows read, which grow with the tables. */
function used(): Omit<PlatformUse, "objectMs" | "d1RowsRead"> {
  const { objectMs: _, d1RowsRead: __, ...use } = meter.take();
  return use;
}

/** Bindings without one of them. */
const without = (name: keyof typeof env): typeof env => ({ ...env, [name]: undefined });

const post = async (path: string, body: object): Promise<void> => {
  expect(await outcome(await call("POST", path, { key: agent.key, origin: null, body }))).toEqual([200, undefined]);
};

it("asking: a row and its index in D1, which only what is open is in; the object stores request and alarm", async () => {
  await askFor(agent, { action: "Asked for the first time" });
  expect(used()).toEqual({
    d1Trips: 3,
    d1RowsWritten: 2,
    objectRequests: { "ApprovalRequest.open": 1 },
    socketEvents: 0,
    objectRowsWritten: 2,
  });
});

it("asking for what waits already: as many queries, and nothing is written", async () => {
  await askFor(agent, { action: "Asked twice" });
  meter.take();
  expect((await askFor(agent, { action: "Asked twice" })).status).toBe(200);
  expect(used()).toEqual({
    d1Trips: 3,
    d1RowsWritten: 0,
    objectRequests: { "ApprovalRequest.readText": 1 },
    socketEvents: 0,
    objectRowsWritten: 0,
  });
});

it("asking reads no more for what is open of other agents, nor for what the same one asked for long ago", async () => {
  const rowsRead = async (): Promise<number> => {
    await env.DB.prepare("DELETE FROM approval WHERE agent_id = ?1 AND ended_at IS NULL").bind(agent.id).run();
    meter.take();
    expect((await askFor(agent)).status).toBe(201);
    return meter.take().d1RowsRead;
  };
  const before = await rowsRead();
  const other = await makeAgent(person, "another-bot");
  const listed = env.DB.prepare(
    `INSERT INTO approval (agent_id, requested_at, id, action, eligible, expires_at, ended_at) SELECT ?1, '2026-01-01T00:00:' || substr(value + 1000, 2) || 'Z', 'apr_' || value, 'x', '[]', '2999-01-01T00:00:00.000Z', ?2
     FROM json_each(?3)`,
  );
  const numbers = JSON.stringify(Array.from({ length: 500 }, (_, i) => i));
  await env.DB.batch([listed.bind(other.id, null, numbers), listed.bind(agent.id, "2026-01-02T00:00:00.000Z", numbers)]);
  expect(await rowsRead()).toBeLessThanOrEqual(before + AFTER_THE_LAST);
});

it("asking reads no more for what the log holds, nor does the cron for what an agent asked for before the place it has reached", async () => {
  const asking = async (): Promise<number> => {
    await env.DB.prepare("DELETE FROM approval WHERE agent_id = ?1").bind(agent.id).run();
    meter.take();
    expect((await askFor(agent, { action: crypto.randomUUID() }, { "idempotency-key": crypto.randomUUID() })).status).toBe(201);
    return meter.take().d1RowsRead;
  };
  const round = async (): Promise<number> => {
    const last = "(SELECT agent_id, requested_at, id FROM approval ORDER BY agent_id DESC, requested_at DESC, id DESC LIMIT 1)";
    await env.DB.prepare(`UPDATE archive_round SET (agent_id, requested_at, id) = ${last}`).run();
    meter.take();
    await worker.scheduled(createScheduledController(), env);
    return meter.take().d1RowsRead;
  };
  const before = [await asking(), await round()];
  const other = await makeAgent(person, "busy-bot");
  for (let i = 0; i < 20; i++) {
    const { request_id: id } = await ask(other);
    expect((await send(person, id, await signedDecision(person, await openPage(person, id), "approved"))).status).toBe(200);
  }
  const after = [await asking(), await round()];
  for (const [i, rows] of after.entries()) expect(rows).toBeLessThanOrEqual((before[i] ?? 0) + AFTER_THE_LAST);
});

it("opening the page: nothing but a nonce is written, and the first time that it was seen", async () => {
  const { request_id: id } = await ask(agent);
  // What the agent did lately is read twice, as requests and, by its object, as calls in the record; and once what of it was approved.
  const objectRequests = { "ApprovalRequest.page": 1, "AgentActivity.recentCalls": 1 };
  const opening = { d1Trips: 6, d1RowsWritten: 0, objectRequests, socketEvents: 0 };
  meter.take();
  await openPage(person, id);
  expect(used()).toEqual({ ...opening, objectRowsWritten: 2 });
  await openPage(person, id);
  expect(used()).toEqual({ ...opening, objectRowsWritten: 1 });
});

it("deciding: one leaf, the end of its row, which the index of what has ended takes in, and the object's own record of it", async () => {
  const { id, signed } = await signedRequest();
  meter.take();
  expect((await send(person, id, signed)).status).toBe(200);
  expect(used()).toEqual({
    d1Trips: 4,
    d1RowsWritten: 6,
    objectRequests: { "ApprovalRequest.decide": 1, "LogSequencer.append": 1 },
    socketEvents: 0,
    objectRowsWritten: 6,
  });
});

it(`an approval writes at most ${MOST_D1_ROWS} rows in D1, and as many at present`, async () => {
  const { id, signed } = await signedRequest();
  await send(person, id, signed);
  const { d1RowsWritten } = used();
  expect(d1RowsWritten).toBeLessThanOrEqual(MOST_D1_ROWS);
  expect(d1RowsWritten).toBe(8);
});

it("asking writes no more for more people who could decide, and the first of two signatures a row and its index", async () => {
  const sam = await admitted(person, "sam");
  await ask(agent, { approvers: { required: 2 } });
  meter.take();
  const { request_id: id } = await ask(agent, { approvers: { required: 2 } });
  expect(used().d1RowsWritten).toBe(2);
  const signed = await signedDecision(sam, await openPage(sam, id), "approved");
  meter.take();
  expect((await send(sam, id, signed)).status).toBe(200);
  expect(used()).toEqual({
    d1Trips: 4,
    d1RowsWritten: 2,
    objectRequests: { "ApprovalRequest.decide": 1 },
    socketEvents: 0,
    objectRowsWritten: 5,
  });
});

it("waiting in vain: nothing is written, and the socket's end is the only thing the object hears meanwhile", async () => {
  const { request_id: id } = await ask(agent);
  meter.take();
  expect(await viewOf(agent, id, 1)).toMatchObject({ status: "pending" });
  await expect.poll(() => meter.sofar.socketEvents).toBe(1);
  expect(used()).toEqual({
    d1Trips: 2,
    d1RowsWritten: 0,
    objectRequests: { "ApprovalRequest.readText": 1, "ApprovalRequest.fetch": 1 },
    socketEvents: 1,
    objectRowsWritten: 0,
  });
});

it("reading what is decided: who asks, and the object", async () => {
  const { id, signed } = await signedRequest();
  await send(person, id, signed);
  meter.take();
  expect(await viewOf(agent, id, 25)).toMatchObject({ status: "approved" });
  expect(used()).toEqual({
    d1Trips: 1,
    d1RowsWritten: 0,
    objectRequests: { "ApprovalRequest.readText": 1 },
    socketEvents: 0,
    objectRowsWritten: 0,
  });
});

it("redeeming and reporting: one leaf each; the receipt: nothing", async () => {
  const { id, signed } = await signedRequest();
  await send(person, id, signed);
  meter.take();
  await post(`/api/v1/approvals/${id}/redeem`, { payload: PAYLOAD });
  expect(used()).toEqual({
    d1Trips: 3,
    d1RowsWritten: 4,
    objectRequests: { "ApprovalRequest.redeemFor": 1, "LogSequencer.append": 1 },
    socketEvents: 0,
    objectRowsWritten: 5,
  });
  await post(`/api/v1/approvals/${id}/outcome`, { outcome: "succeeded" });
  expect(used()).toEqual({
    d1Trips: 3,
    d1RowsWritten: 4,
    objectRequests: { "ApprovalRequest.reportFor": 1, "LogSequencer.append": 1 },
    socketEvents: 0,
    objectRowsWritten: 5,
  });
  await receiptOf(agent, id);
  expect(used()).toEqual({
    d1Trips: 4,
    d1RowsWritten: 0,
    objectRequests: { "ApprovalRequest.receiptFor": 1, "LogSequencer.witnessedCheckpoint": 1 },
    socketEvents: 0,
    objectRowsWritten: 0,
  });
});

it("the cron without witnesses: two looks at what has ended, one at what is stopped, one at agents below others, one at old messages, one at old words to agents, one at servers, four at old calls, one at old sums, one at invitations that ended, one at who was erased, two at what the record holds of the log, and nothing else while nothing is", async () => {
  // What another test has listed has no object.
  await env.DB.prepare("DELETE FROM approval WHERE requested_at < '2026-02'").run();
  meter.take();
  await worker.scheduled(createScheduledController(), env);
  expect(used()).toEqual({ d1Trips: 16, d1RowsWritten: 0, objectRequests: {}, socketEvents: 0, objectRowsWritten: 0 });
  await worker.scheduled(createScheduledController(), without("ARCHIVE"));
  expect(used()).toEqual({ d1Trips: 14, d1RowsWritten: 0, objectRequests: {}, socketEvents: 0, objectRowsWritten: 0 });
});

it("the cron of every minute looks once for messages that are due and once for what is amiss, looks twice for what the record lacks of the log, and notes twice how far it has counted", async () => {
  await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
  meter.take();
  await worker.scheduled(createScheduledController({ cron: "* * * * *" }), env);
  expect(used()).toEqual({ d1Trips: 8, d1RowsWritten: 2, objectRequests: {}, socketEvents: 0, objectRowsWritten: 0 });
});

it("going to the archive, with the log's name read anew: a row in D1, and the alarm; the object is empty then", async () => {
  const { id, signed } = await signedRequest();
  await send(person, id, signed);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31 * 86_400_000 });
  try {
    meter.take();
    await runDurableObjectAlarm(objectOf(env.APPROVAL_REQUEST.getByName(id)));
    expect(used()).toEqual({
      d1Trips: 3,
      d1RowsWritten: 1,
      objectRequests: { "ApprovalRequest.alarm": 1 },
      socketEvents: 0,
      // The test's own tool takes the alarm away.
      objectRowsWritten: 2,
    });
    expect(await runInDurableObject(objectOf(env.APPROVAL_REQUEST.getByName(id)), (_, { storage }) => [...storage.kv.list()])).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});
