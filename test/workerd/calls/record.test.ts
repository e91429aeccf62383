/** What becomes of calls: admitted, counted, recorded, handed over, and noted when they end later. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import {
  activityOf,
  admit,
  admitted,
  callOf,
  callsOf,
  checkCalls,
  ending,
  factsOf,
  handedOver,
  logged,
  NO_LIMITS,
  recorded,
} from "#test/workerd/support/calls/agent-calls.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { call, enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";
import { stop } from "#test/workerd/support/stops.ts";

let alex: Someone;
let agent: Agent;
let bots = 0;
beforeAll(async () => {
  alex = await enrolFirst();
});
beforeEach(async () => {
  agent = await makeAgent(alex, `bot-${bots++}`);
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const beginClock = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
const REQUEST = "apr_0123456789abcdef0123456789abcdef";
const asked = (key = "same", requestId = REQUEST) => ({
  facts: { status: "pending_approval" as const, tool: "delete_file", rule: "deletes" },
  join: { key, requestId },
});

describe("admitting", () => {
  it("numbers from 1, and the record says what was known", async () => {
    expect(await admitted(agent)).toBe(1);
    expect(await admitted(agent, { facts: { status: "blocked", code: "secret_found", flags: ["secret"] } })).toBe(2);
    await callsOf(agent).settle(ending(1));
    await handedOver(agent);
    expect(await recorded(agent)).toMatchObject([
      {
        number: 1,
        record: {
          agent: { id: agent.id, name: agent.name },
          number: 1,
          tool: "read_file",
          status: "succeeded",
          result_bytes: 6,
          ms: 12,
          count: 1,
        },
      },
      { number: 2, record: { number: 2, status: "blocked", code: "secret_found", flags: ["secret"], result_hash: null, ms: null } },
    ]);
    expect(await logged(agent)).toMatchObject([{ from: 1, to: 2 }]);
    expect(await checkCalls(agent)).toBe(2);
    const left = await runInDurableObject(activityOf(agent), (_, { storage }) => storage.sql.exec("SELECT * FROM call").toArray());
    expect(left).toEqual([]);
    await checkLog();
  });

  it("says by what to judge where that is not known, or has changed, and records nothing", async () => {
    const facts = await factsOf(agent);
    expect(await admit(agent, { judgedBy: null })).toEqual({ status: "judge-again", facts });
    for (const other of [
      { epoch: facts.epoch + 1 },
      { groups: ["other"] },
      { ownerName: "sam" },
      { maker: null },
      { isStopped: true },
      { stops: { all: 0, agent: 7 } },
    ])
      expect(await admit(agent, { judgedBy: { ...facts, ...other } })).toEqual({ status: "judge-again", facts });
    // Whether people can be told of anything is no part of what is judged.
    expect(await admit(agent, { judgedBy: { ...facts, hasChannels: !facts.hasChannels } })).toMatchObject({
      status: "admitted",
      number: 1,
    });
  });

  it("admits nothing for a key that is revoked, or is another agent's", async () => {
    const other = await makeAgent(alex, `bot-${bots++}`);
    const given = await callOf(agent);
    expect(await callsOf(agent).admit(apiKeyHash(other.key), given)).toEqual({ status: "revoked" });
    await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie });
    expect(await callsOf(agent).admit(apiKeyHash(agent.key), given)).toEqual({ status: "revoked" });
    await handedOver(agent);
    expect(await recorded(agent)).toEqual([]);
  });

  it("hears how calls before it ended, whatever becomes of this one; of each the first word stays", async () => {
    for (const number of [1, 2, 3]) expect(await admitted(agent)).toBe(number);
    expect(await admit(agent, { judgedBy: null }, [ending(1)])).toMatchObject({ status: "judge-again", heard: 1 });
    const twoEnds = [ending(1, { status: "failed" }), ending(2, { status: "failed" })];
    expect(await admit(agent, {}, twoEnds)).toMatchObject({ status: "admitted", number: 4, heard: 2 });
    const given = await callOf(agent);
    await call("DELETE", `/api/v1/agents/${agent.id}`, { cookie: alex.cookie });
    const last = [ending(3), ending(4, { status: "failed" })];
    expect(await callsOf(agent).admit(apiKeyHash(agent.key), given, last)).toEqual({ status: "revoked", heard: 2 });
    await handedOver(agent);
    const ended = (await recorded(agent)).map(({ number, record: { status } }) => [number, status]);
    expect(ended).toEqual([
      [1, "succeeded"],
      [2, "failed"],
      [3, "succeeded"],
      [4, "failed"],
    ]);
    await checkLog();
  });

  it("refuses a stopped agent, once a minute in the record, with how often", async () => {
    expect((await stop(alex, agent.id)).status).toBe(204);
    beginClock();
    pass(300);
    for (let time = 0; time < 5; time++) expect(await admit(agent)).toMatchObject({ status: "stopped", facts: { isStopped: true } });
    pass(60_000);
    expect(await admit(agent)).toMatchObject({ status: "stopped" });
    pass(60_000);
    await handedOver(agent);
    const records = (await recorded(agent)).map(({ record }) => record);
    expect(records.map(({ status, count }) => [status, count])).toEqual([
      ["agent_stopped", 5],
      ["agent_stopped", 1],
    ]);
    expect(await checkCalls(agent)).toBe(2);
  });
});

describe("limits", () => {
  it("are exact, however many come at once: of 100 calls 10 pass, and refusals are one record", async () => {
    const limits = { rule: "reads", most: { ...NO_LIMITS, perMinute: 10 } };
    const admissions = await Promise.all(Array.from({ length: 100 }, () => admit(agent, { limits })));
    expect(admissions.filter(({ status }) => status === "admitted")).toHaveLength(10);
    expect(admissions.filter(({ status }) => status === "limited")).toHaveLength(90);
    const refused = admissions.find((one) => one.status === "limited");
    expect(refused).toMatchObject({ limit: "perMinute" });
    const { calls } = await runInDurableObject(activityOf(agent), (_, { storage }) =>
      storage.sql.exec<{ calls: number }>("SELECT count(*) AS calls FROM call").one(),
    );
    // A minute may have begun in between.
    expect([11, 12]).toContain(calls);
  });

  it("hold for any 60 seconds and any 24 hours, survive the object, and count each rule by itself", async () => {
    beginClock();
    const limits = { rule: "reads", most: { perMinute: 2, perDay: 3, credits: 1, creditsPerDay: null } };
    const status = async () => (await admit(agent, { limits })).status;
    expect(await status()).toBe("admitted");
    pass(30_000);
    expect(await status()).toBe("admitted");
    await evictDurableObject(activityOf(agent));
    pass(29_999);
    expect(await admit(agent, { limits })).toMatchObject({ status: "limited", limit: "perMinute", retryAfter: 1 });
    expect(await admit(agent, { limits: { ...limits, rule: "others" } })).toMatchObject({ status: "admitted" });
    pass(1);
    expect(await status()).toBe("admitted");
    pass(120_000);
    expect(await admit(agent, { limits })).toMatchObject({ status: "limited", limit: "perDay", retryAfter: 86_400 - 180 });
    pass(86_400_000 - 180_001);
    expect(await status()).toBe("limited");
    pass(1);
    expect(await status()).toBe("admitted");
  });

  it("count credits; a call that was blocked counts for nothing, one that people are asked about does", async () => {
    const limits = { rule: "reads", most: { perMinute: null, perDay: null, credits: 4, creditsPerDay: 10 } };
    for (let time = 0; time < 5; time++)
      expect(await admit(agent, { limits, facts: { status: "blocked" } })).toMatchObject({ status: "admitted" });
    expect(await admit(agent, { limits, ...asked() })).toMatchObject({ status: "admitted" });
    expect(await admit(agent, { limits })).toMatchObject({ status: "admitted" });
    expect(await admit(agent, { limits })).toMatchObject({ status: "limited", limit: "creditsPerDay" });
  });

  it("are the same for asks", async () => {
    const most = { ...NO_LIMITS, perMinute: 2 };
    expect(await callsOf(agent).countAsk("reads", most)).toBeNull();
    expect(await admit(agent, { limits: { rule: "reads", most } })).toMatchObject({ status: "admitted" });
    expect(await callsOf(agent).countAsk("reads", most)).toMatchObject({ limit: "perMinute" });
    expect(await callsOf(agent).countAsk("others", most)).toBeNull();
  });
});

describe("joining", () => {
  it("gives 100 equal calls one request", async () => {
    const admissions = await Promise.all(
      Array.from({ length: 100 }, (_, n) => admit(agent, asked("same", `apr_${String(n).padStart(32, "0")}`))),
    );
    const joined = admissions.map((one) => (one.status === "admitted" ? one.joined : null));
    expect(new Set(joined).size).toBe(1);
    const request = joined[0] ?? "";
    expect(await callsOf(agent).rejoin("same", REQUEST, "apr_other")).toBe(request);
    expect(await callsOf(agent).rejoin("same", REQUEST, request)).toBe(REQUEST);
    await callsOf(agent).unjoin("same", request);
    expect(await admit(agent, asked("same", `apr_${"9".repeat(32)}`))).toMatchObject({ joined: REQUEST });
    await callsOf(agent).unjoin("same", REQUEST);
    expect(await admit(agent, asked("same", `apr_${"9".repeat(32)}`))).toMatchObject({ joined: `apr_${"9".repeat(32)}` });
  });

  it("ends them all with the request, once", async () => {
    const numbers = await Promise.all([1, 2, 3].map(() => admitted(agent, asked())));
    await handedOver(agent);
    expect((await recorded(agent)).map(({ record }) => [record.status, record.request])).toEqual(
      numbers.map(() => ["pending_approval", REQUEST]),
    );
    await callsOf(agent).settle(ending(2, { status: "denied", request: REQUEST }));
    await callsOf(agent).settle(ending(2, { status: "succeeded", request: REQUEST }));
    await handedOver(agent);
    expect((await recorded(agent)).map(({ status, ended }) => [status, ended?.flags])).toEqual([
      ["denied", ["replayed"]],
      ["denied", []],
      ["denied", ["replayed"]],
    ]);
    // The log is as it was: of what people decided it has leaves of its own.
    expect(await checkCalls(agent)).toBe(3);
  });
});

describe("handing over", () => {
  it("does not wait for what people are asked about, and a minute for what was sent", async () => {
    beginClock();
    const slow = await admitted(agent, { facts: { tool: "slow_tool" } });
    await admitted(agent, asked());
    const quick = await admitted(agent);
    await callsOf(agent).settle(ending(quick));
    await handedOver(agent);
    expect(await recorded(agent)).toEqual([]);
    pass(60_000);
    await handedOver(agent);
    expect((await recorded(agent)).map(({ record }) => record.status)).toEqual(["allowed", "pending_approval", "succeeded"]);
    await callsOf(agent).settle(ending(slow, { status: "failed", code: "upstream_unavailable", result: "gone", ms: 61_000 }));
    await handedOver(agent);
    expect((await recorded(agent))[0]).toMatchObject({
      status: "failed",
      record: { status: "allowed", ms: null },
      ended: { status: "failed", code: "upstream_unavailable", ms: 61_000 },
    });
    expect(await checkCalls(agent)).toBe(3);
  });

  it("calls what nothing was heard of unknown, after the longest time and a margin", async () => {
    beginClock();
    const number = await admitted(agent);
    pass(629_000);
    await handedOver(agent);
    expect((await recorded(agent))[0]).toMatchObject({ status: "allowed" });
    pass(2_000);
    await handedOver(agent);
    expect((await recorded(agent))[0]).toMatchObject({ status: "unknown", ended: { code: "not_heard_of" } });
    await callsOf(agent).settle(ending(number));
    await handedOver(agent);
    expect((await recorded(agent))[0]).toMatchObject({ status: "unknown" });
  });

  it("goes on by itself, without anybody asking", async () => {
    const number = await admitted(agent);
    await callsOf(agent).settle(ending(number));
    await expect.poll(async () => (await recorded(agent)).length).toBe(1);
  });

  it("cuts what is too long, and keeps what is kept out of the object", async () => {
    const number = await admitted(agent, { keep: { what: "full", days: 3 }, arguments: `"${"a".repeat(70_000)}"` });
    await callsOf(agent).settle(ending(number, { result: "short" }));
    await handedOver(agent);
    const kept = env.AUDIT.prepare(
      "SELECT length(arguments) AS length, result, cut FROM content WHERE id IN (SELECT id FROM call WHERE agent = ?)",
    );
    expect(await kept.bind(agent.id).first()).toEqual({ length: 65_536, result: "short", cut: "a" });
  });

  it("takes many batches at once", async () => {
    const given = await callOf(agent, { facts: { status: "blocked" } });
    await Promise.all(Array.from({ length: 520 }, () => callsOf(agent).admit(apiKeyHash(agent.key), given)));
    await handedOver(agent);
    await expect.poll(async () => (await recorded(agent)).length).toBe(520);
    expect(await checkCalls(agent)).toBe(520);
    expect((await logged(agent)).length).toBeGreaterThanOrEqual(2);
  });
});

it("recent calls are those of the object and those of the record, each once", async () => {
  const first = await admitted(agent);
  await callsOf(agent).settle(ending(first));
  await handedOver(agent);
  await admitted(agent, { trace: "trace-1", ...asked() });
  const recent = await callsOf(agent).recentCalls(Date.now() - 60_000);
  expect(recent).toMatchObject([
    { number: 2, status: "pending_approval", tool: "delete_file", trace: "trace-1", request: REQUEST },
    { number: 1, status: "succeeded", tool: "read_file", server: "files", request: null },
  ]);
  await handedOver(agent);
  expect(await callsOf(agent).recentCalls(Date.now() - 60_000)).toHaveLength(2);
  expect(await callsOf(agent).recentCalls(Date.now() + 1_000)).toEqual([]);
});

it("an agent that calls nothing keeps nothing", async () => {
  expect(await env.AGENT_ACTIVITY.getByName(agent.id).standing(apiKeyHash(agent.key))).toMatchObject({ agent: { id: agent.id } });
  const stored = await runInDurableObject(activityOf(agent), (_, { storage }) => storage.sql.databaseSize);
  expect(
    await runInDurableObject(activityOf(agent), async (_, { storage }) => [await storage.getAlarm(), (await storage.list()).size]),
  ).toEqual([null, 0]);
  expect(stored).toBeLessThanOrEqual(16_384);
});
