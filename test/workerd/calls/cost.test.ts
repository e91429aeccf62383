/** What a call uses of the platform, exactly: whoever adds a row, a query or a call of an object has to mean it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AgentActivity, LogSequencer } from "#worker.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { activityOf, admit, admitted, callsOf, ending, factsOf, handedOver, NO_LIMITS } from "#test/workerd/support/calls/agent-calls.ts";
import { asked, askOf } from "#test/workerd/support/calls/past.ts";
import { around, PlatformMeter, prototypeOf } from "#test/workerd/support/platform-meter.ts";
import { enrolFirst, makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";

let agent: Agent;
let meter: PlatformMeter;
/** Rows that the object's SQL has written. */
let sqlRows = 0;
beforeAll(async () => {
  agent = await makeAgent(await enrolFirst());
  // A day ahead, so that alarms come when a test says, and by themselves never.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
  meter = new PlatformMeter(env.DB, { AgentActivity, LogSequencer });
  // Tables are made with the first call.
  await callsOf(agent).settle(ending(await admitted(agent)));
  await handedOver(agent);
  await runInDurableObject(activityOf(agent), (_, { storage }) => {
    const prototype = prototypeOf(storage.sql);
    around(prototype, "exec", (_self, run) => {
      const cursor = run() as SqlStorageCursor<Record<string, SqlStorageValue>>;
      sqlRows += cursor.rowsWritten;
      return cursor;
    });
  });
});
afterAll(() => void vi.useRealTimers());
beforeEach(() => {
  meter.take();
  sqlRows = 0;
});

const used = () => {
  const { d1Trips, d1RowsWritten, objectRowsWritten, objectRequests } = meter.take();
  const rows = {
    d1Trips,
    d1RowsWritten,
    object: objectRowsWritten + sqlRows,
    calls: Object.values(objectRequests).reduce((sum, n) => sum + n, 0),
  };
  sqlRows = 0;
  return rows;
};

const TEN = Array.from({ length: 10 }, (_, n) => n);

it("an allowed call: one row before, one after; none of D1", async () => {
  // The alarm, which is set once for all that come until then; and the standing, which is read once a moment.
  const numbers = [await admitted(agent)];
  used();
  for (const _ of TEN.slice(1)) numbers.push(await admitted(agent));
  expect(used()).toMatchObject({ d1RowsWritten: 0, object: 9, calls: 9 });
  for (const number of numbers) await callsOf(agent).settle(ending(number));
  expect(used()).toMatchObject({ d1Trips: 0, d1RowsWritten: 0, object: 10, calls: 10 });
});

it("handing ten of them over: three rows each in the record, one less in the object, and one leaf for all", async () => {
  await handedOver(agent);
  const { d1RowsWritten, object, d1Trips } = used();
  // Batch and leaf, tile, head: whatever their number.
  expect(d1RowsWritten).toBe(10 * 3 + 1 + 4);
  // The alarm and the batch, each written and taken away; and how far the log has come, in the log's own object.
  expect(object).toBe(10 + 4 + 1);
  expect(d1Trips).toBeLessThanOrEqual(6);
});

it("a call with limits: a row more, and that what is kept of it costs two more in the record", async () => {
  await admitted(agent);
  used();
  const limits = { rule: "reads", most: { ...NO_LIMITS, perDay: 100 } };
  const number = await admitted(agent, { limits, keep: { what: "full", days: null }, arguments: "{}" });
  expect(used()).toMatchObject({ d1RowsWritten: 0, object: 2 });
  for (const one of [number - 1, number]) await callsOf(agent).settle(ending(one, { result: "done" }));
  await handedOver(agent);
  expect(used().d1RowsWritten).toBe(2 * 3 + 2 * 2 + 1 + 4);
});

it("a call that people are asked about: four rows until it is joined no more, and three when its end is noted", async () => {
  await admitted(agent);
  used();
  const request = "apr_0123456789abcdef0123456789abcdef";
  const number = await admitted(agent, { facts: { status: "pending_approval" }, join: { key: "k", requestId: request } });
  expect(used()).toMatchObject({ object: 3 });
  await callsOf(agent).settle(ending(number - 1));
  await handedOver(agent);
  used();
  await callsOf(agent).settle(ending(number, { request }));
  await callsOf(agent).unjoin("k", request);
  used();
  await handedOver(agent);
  const { d1RowsWritten } = used();
  // The call, and what it is found by.
  expect(d1RowsWritten).toBe(2);
});

it("asks without limits call no object, and an ask with limits one, for a row", async () => {
  await callsOf(agent).countAsk("asks", { ...NO_LIMITS, perDay: 5 });
  expect(used()).toMatchObject({ d1Trips: 0, object: 2, calls: 1 });
});

it("ends that come with the next call: the same rows, and half of the object's calls", async () => {
  let number = await admitted(agent);
  used();
  for (const _ of TEN) {
    const admission = await admit(agent, {}, [ending(number)]);
    if (admission.status !== "admitted") throw new Error("not admitted");
    ({ number } = admission);
  }
  expect(used()).toMatchObject({ d1RowsWritten: 0, object: 20, calls: 10 });
  await callsOf(agent).settle(ending(number));
  expect(used()).toMatchObject({ object: 1, calls: 1 });
  await handedOver(agent);
});

it("holding 5,000 calls costs the object rows, and none of its memory for each", async () => {
  const held = await runInDurableObject(activityOf(agent), (_, { storage }) => {
    const before = storage.sql.databaseSize;
    storage.transactionSync(() => {
      storage.sql.exec(
        `INSERT INTO call (id, at, ends_by, count, kept, number, request)
         SELECT 1000000 + value, 0, 9000000000000, 1, '{"facts":{"status":"pending_approval"}}', value, 'apr_' || value
         FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 5000) SELECT value FROM n)`,
      );
    });
    return storage.sql.databaseSize - before;
  });
  expect(held / 5_000).toBeLessThan(1_000);
  // Others are admitted and handed over as ever.
  await callsOf(agent).settle(ending(await admitted(agent)));
  await handedOver(agent);
  const waiting = await runInDurableObject(activityOf(agent), (_, { storage }) =>
    storage.sql.exec("SELECT count(*) AS n FROM call WHERE number IS NULL").one(),
  );
  expect(waiting).toEqual({ n: 0 });
});

describe("what a policy asks of the past", () => {
  const all = { name: "all", match: { source: "call" }, effect: "allow" };
  const counting = { name: "few", match: { tool: "pay", when: 'history.count("pay", "1h") < 100' }, effect: "allow" };
  const inForce = async (more: object, ...rules: object[]) => {
    const version = await putInForce(policyOf([...rules, all], more));
    // The standing is read again, and what was before is read once.
    vi.setSystemTime(Date.now() + 1_000);
    if (rules.length > 0 || "anomaly" in more) await asked(agent);
    return { facts: { policy: version }, judgedBy: await factsOf(agent) };
  };

  it("nothing: a call costs what it costs without a policy", async () => {
    const wanted = await inForce({});
    await admitted(agent, wanted);
    used();
    for (const _ of TEN) await admitted(agent, wanted);
    expect(used()).toMatchObject({ d1RowsWritten: 0, object: 10, calls: 10 });
  });

  it("how often: a row more for each call, and one call of the object for those that are asked about", async () => {
    const wanted = await inForce({}, counting);
    await admitted(agent, wanted);
    used();
    for (const _ of TEN) await admitted(agent, { ...wanted, past: (await askOf(agent)).entry });
    expect(used()).toMatchObject({ d1RowsWritten: 0, object: 20, calls: 10 });
    for (const _ of TEN) {
      const ask = await askOf(agent);
      await callsOf(agent).past(ask);
      await admitted(agent, { ...wanted, past: ask.entry });
    }
    expect(used()).toMatchObject({ d1RowsWritten: 0, object: 20, calls: 20 });
    const ask = await askOf(agent);
    await callsOf(agent).past(ask);
    await callsOf(agent).leaveOut(ask.entry.key);
    expect(used()).toMatchObject({ object: 2, calls: 2 });
  });

  it("what is unusual: another row, once it goes out", async () => {
    const wanted = await inForce({ anomaly: {} });
    await admitted(agent, wanted);
    used();
    for (const _ of TEN) {
      const ask = await askOf(agent, { questions: [{ ask: "hour" }, { ask: "burst" }, { ask: "first-tool" }] });
      await callsOf(agent).past(ask);
      await admitted(agent, { ...wanted, past: ask.entry });
    }
    expect(used()).toMatchObject({ d1RowsWritten: 0, object: 30, calls: 20 });
  });
});
