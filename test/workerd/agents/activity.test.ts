/**
 * An agent that calls very often, and its object: revoked at any moment, no call of it is answered after the revocation was, whoever
 * holds how its key stands and whatever has become of them.
 */
import { createExecutionContext, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { app } from "#composition/app.ts";
import type { Bindings } from "#config/bindings.ts";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import type { RemoteActivity } from "#gate/agents/activity/remote-activity.ts";
import { KeyReadings } from "#gate/agents/activity/key-readings.ts";
import { LENT_MS } from "#rules/lease.ts";
import { readKey } from "#storage/agents.ts";
import { AgentActivity, ApprovalRequest, LogSequencer } from "#worker.ts";
import { type Agent, ask, askFor } from "#test/workerd/support/approvals.ts";
import { type Era, useTool } from "#test/workerd/support/mcp.ts";
import { call, enrolFirst, makeAgent, ORIGIN, outcome, type Someone } from "#test/workerd/support/people.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

let alex: Someone;
let meter: PlatformMeter;
let bots = 0;
beforeAll(async () => {
  // All calls come within one second, however slow the machine is: so an agent that has called a hundred times calls very often.
  vi.useFakeTimers({ toFake: ["Date"] });
  alex = await enrolFirst();
  meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest, LogSequencer });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const activityOf = ({ id }: Agent): DurableObjectStub => {
  const stub: unknown = env.AGENT_ACTIVITY.getByName(id);
  return stub as DurableObjectStub;
};

afterAll(() => void vi.useRealTimers());

const newAgent = () => makeAgent(alex, `bot-${bots++}`);

/** The Worker with an agent's object as it is here. */
const fetchWith = (activity: Partial<RemoteActivity>, method: string, path: string, headers: Record<string, string>) => {
  const getByName: Bindings["AGENT_ACTIVITY"]["getByName"] = (name) => {
    const object = env.AGENT_ACTIVITY.getByName(name);
    return {
      standing: (keyHash) => object.standing(keyHash),
      forget: () => object.forget(),
      admit: (keyHash, wanted) => object.admit(keyHash, wanted),
      admitPreview: (wanted) => object.admitPreview(wanted),
      settle: (settled) => object.settle(settled),
      rejoin: (key, requestId, instead) => object.rejoin(key, requestId, instead),
      unjoin: (key, requestId) => object.unjoin(key, requestId),
      countAsk: (rule, most) => object.countAsk(rule, most),
      recentCalls: (sinceMs) => object.recentCalls(sinceMs),
      past: (asked) => object.past(asked),
      leaveOut: (key) => object.leaveOut(key),
      learn: (key) => object.learn(key),
      ...activity,
    };
  };
  const bindings: Partial<Bindings> = { AGENT_ACTIVITY: { getByName } };
  const request = new Request(new URL(path, ORIGIN), { method, headers });
  return Promise.resolve(app.fetch(request, { ...env, ...bindings }, createExecutionContext()));
};
const revoke = (id: string, activity: Partial<RemoteActivity> = {}) =>
  fetchWith(activity, "DELETE", `/api/v1/agents/${id}`, { cookie: alex.cookie ?? "", origin: ORIGIN });

/** Status of one call, and whether it was answered well after `isOver`. */
interface Answered {
  isWell: boolean;
  tooLate: boolean;
}

/** Calls in every way, eight at a time, until a call is refused; `moment` is told how many have been answered. */
async function callUntilRefused(agent: Agent, id: string, isOver: () => boolean, moment: (answers: number) => void): Promise<Answered[]> {
  const read = async () => (await call("GET", `/api/v1/approvals/${id}`, { key: agent.key, origin: null })).status === 200;
  const use = (era: Era) => async () =>
    (await useTool(era, "wait_for_approval", { request_id: id, wait_seconds: 0 }, agent.key)).isError !== true;
  const askAnew = async () => (await askFor(agent, { payload: { n: Math.random() } })).status === 201;
  const ways = [read, use("2026-07-28"), read, use("2025-11-25"), read, read, askAnew];
  const answers: Answered[] = [];
  let stopped = false;
  const caller = async (first: number) => {
    for (let count = first; !stopped; count++) {
      const way = ways[count % ways.length];
      // An answer that is no tool's, such as 401, is none to these clients.
      const isWell = (await way?.().catch(() => false)) ?? false;
      answers.push({ isWell, tooLate: isWell && isOver() });
      stopped ||= !isWell && isOver();
      moment(answers.length);
      // All of this runs in one process: timers run once nothing else is to be done.
      await pause(0);
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(caller));
  return answers;
}

describe("a thousand calls and a revocation", () => {
  it.each([3, 120, 260, 333])("at call %i: none is answered after the revocation was", async (at) => {
    const agent = await newAgent();
    const { request_id: id } = await ask(agent);
    meter.take();
    let isOver = false;
    const revocations: Promise<Response>[] = [];
    const answers = await callUntilRefused(
      agent,
      id,
      () => isOver,
      (count) => {
        if (count < at || revocations.length > 0) return;
        const revocation = revoke(agent.id);
        void revocation.finally(() => (isOver = true));
        revocations.push(revocation);
      },
    );
    expect((await Promise.all(revocations)).map(({ status }) => status)).toEqual([204]);
    expect(answers.filter(({ tooLate }) => tooLate)).toEqual([]);
    expect(answers.filter(({ isWell }) => isWell).length).toBeGreaterThan(at - 8);
    expect(answers.some(({ isWell }) => !isWell)).toBe(true);
    // What it asked for meanwhile is over too, also what was listed at the last moment.
    const open = env.DB.prepare("SELECT count(*) AS open FROM approval WHERE agent_id = ? AND ended_at IS NULL").bind(agent.id);
    expect(await open.first("open")).toBe(0);
    if (at > 200) expect(meter.take().objectRequests["AgentActivity.standing"]).toBeGreaterThan(0);
  });
});

describe("whatever becomes of who holds how a key stands", () => {
  const hashOf = ({ key }: Agent) => apiKeyHash(key);
  /** Calls so often that the object is asked from then on. */
  async function busyAgent() {
    const agent = await newAgent();
    const { request_id: id } = await ask(agent);
    const readAtOnce = async (activity: Partial<RemoteActivity> = {}) =>
      (await outcome(await fetchWith(activity, "GET", `/api/v1/approvals/${id}`, { "x-api-key": agent.key })))[0];
    /** When nothing is lent any more of what calls before were told. */
    const read = (activity?: Partial<RemoteActivity>) => pause(LENT_MS).then(() => readAtOnce(activity));
    await Promise.all(Array.from({ length: 120 }, () => readAtOnce()));
    meter.take();
    expect(await read()).toBe(200);
    expect(meter.take().objectRequests).toMatchObject({ "AgentActivity.standing": 1 });
    return { agent, id, read, readAtOnce };
  }

  it("what it said to one call serves the next ones, for a moment", async () => {
    const { read, readAtOnce } = await busyAgent();
    await read();
    meter.take();
    expect(await Promise.all([readAtOnce(), readAtOnce()])).toEqual([200, 200]);
    expect(meter.take().objectRequests).not.toHaveProperty("AgentActivity.standing");
  });

  it("lost: it is built anew, and asks before it answers", async () => {
    const { agent, read } = await busyAgent();
    await evictDurableObject(activityOf(agent));
    expect(await read()).toBe(200);
    await revoke(agent.id);
    await evictDurableObject(activityOf(agent));
    expect(await read()).toBe(401);
  });

  it("there twice for a moment, and one of them is never told: neither says that it stands once the revocation is answered", async () => {
    const { agent, read } = await busyAgent();
    const other = new KeyReadings({
      readKey: (hash) => readKey(env.DB, hash),
      after: (ms, run) => void setTimeout(run, ms),
      now: Date.now,
    });
    expect(await other.standing(hashOf(agent))).toMatchObject({ agent: { id: agent.id } });
    const answered = revoke(agent.id);
    const seen: boolean[] = [];
    let isOver = false;
    void answered.then(() => (isOver = true));
    while (!isOver) {
      seen.push((await other.standing(hashOf(agent))) !== null);
      await pause(10);
    }
    expect((await answered).status).toBe(204);
    expect(seen).toContain(false);
    expect(await other.standing(hashOf(agent))).toBeNull();
    expect(await read()).toBe(401);
  });

  it("there twice for a moment, and one of them is never told: neither says that it may go on once a stop is answered", async () => {
    const { agent, read } = await busyAgent();
    const after = (ms: number, run: () => void) => void setTimeout(run, ms);
    const other = new KeyReadings({ readKey: (hash) => readKey(env.DB, hash), after, now: Date.now });
    expect(await other.standing(hashOf(agent))).toMatchObject({ facts: { isStopped: false } });
    let isOver = false;
    const answered = stop(alex, agent.id).finally(() => (isOver = true));
    while (!isOver) {
      await other.standing(hashOf(agent));
      await pause(10);
    }
    expect((await answered).status).toBe(204);
    expect(await other.standing(hashOf(agent))).toMatchObject({ facts: { isStopped: true, stops: { agent: 1 } } });
    expect(await read()).toBe(403);
  });

  it("out of reach during the revocation: that is answered within its time all the same, and nothing after it", async () => {
    const { agent, read } = await busyAgent();
    const silent = { forget: () => new Promise<void>(() => {}) };
    expect((await revoke(agent.id, silent)).status).toBe(204);
    expect(await read()).toBe(401);
    const { agent: another, read: readAnother } = await busyAgent();
    const broken = { forget: () => Promise.reject(new Error("out of reach")) };
    expect((await revoke(another.id, broken)).status).toBe(204);
    expect(await readAnother()).toBe(401);
  });

  it("out of reach during a call: the call is not served", async () => {
    const { read } = await busyAgent();
    expect(await read({ standing: () => Promise.reject(new Error("out of reach")) })).toBe(503);
    expect(await read()).toBe(200);
  });

  test("put back in time it knows nothing wrong, because it stores nothing", async () => {
    const { agent } = await busyAgent();
    const stored = await runInDurableObject(activityOf(agent), async (_, { storage }) => (await storage.list()).size);
    expect(stored).toBe(0);
  });
});
