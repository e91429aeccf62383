/**
 * Calls on their way into the record: each write fails, absent and present, and whoever makes it goes on or dies; objects are put back,
 * lost, and there twice. Numbers have no gap and none is there twice, whatever happens, and nothing that was admitted is missing.
 */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeyHash } from "#countersign/documents/api-key.ts";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import {
  activityOf,
  admit,
  admitted,
  callOf,
  callsOf,
  checkCalls,
  ending,
  handedOver,
  NO_LIMITS,
  recorded,
} from "#test/workerd/support/calls/agent-calls.ts";
import { putBack, storedCalls } from "#test/workerd/support/calls/put-back.ts";
import { cookieOf, makeAgent, signIn, type Someone } from "#test/workerd/support/people.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { ENDS, endOutages, type Fault, HOWS, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";

/** With another salt, whatever it began with. */
const otherSalt = (kept: string): string => kept.replace(/"salt":"(.)/, (_, first) => `"salt":"${first === "A" ? "B" : "A"}`);

let person: Someone;
let bots = 0;
beforeAll(async () => {
  // A day ahead, so that alarms come when a test says, and by themselves never.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
  ({ person } = await personAndAgent());
});
// A session does not last as long as the days that pass here.
beforeEach(async () => {
  person.cookie = cookieOf(await signIn(person.passkey)) ?? person.cookie;
});
afterEach(() => endOutages());
afterAll(async () => {
  vi.useRealTimers();
  await checkLog();
});

const newAgent = (): Promise<Agent> => makeAgent(person, `bot-${bots++}`);
const forgotten = (agent: Agent) => evictDurableObject(activityOf(agent)).catch(() => undefined);
const asked = (n: number) => ({
  facts: { status: "pending_approval" as const },
  join: { key: `key-${n}`, requestId: `apr_${String(n).padStart(32, "0")}` },
});
const attempt = <Done>(work: Promise<Done>): Promise<Done | null> => work.catch(() => null);

/** Three calls that have ended, one that people are asked about, and another that has ended. */
async function withCalls(): Promise<Agent> {
  const agent = await newAgent();
  for (let n = 0; n < 3; n++)
    await callsOf(agent).settle(ending(await admitted(agent, { keep: { what: "full", days: null }, arguments: "{}" })));
  await admitted(agent, asked(1));
  await admitted(agent, { facts: { status: "blocked", code: "policy_denied" } });
  return agent;
}
const STATUSES = ["succeeded", "succeeded", "succeeded", "pending_approval", "blocked"];
const statusesOf = async (agent: Agent) => (await recorded(agent)).map(({ status }) => status);

async function finished(agent: Agent): Promise<void> {
  for (let time = 0; time < 3; time++) await attempt(handedOver(agent));
}

describe("handing over", () => {
  it("writes this, in this order, and survives every failure of each", async () => {
    const first = await withCalls();
    const { seen } = await withFaults([], () => handedOver(first));
    expect(seen.map(({ name }) => name)).toEqual([
      "activity: transaction",
      "activity: transaction",
      "activity: transaction",
      "AUDIT: batch, insert into batch",
      "call: append of the log",
      "D1: batch, insert into log_leaf",
      "log: put anchor",
      "activity: transaction",
      "activity: transaction",
    ]);
    for (const fault of faultsOf(seen.map(({ name }) => name))) {
      const agent = await withCalls();
      const { struck } = await withFaults([fault], () => attempt(handedOver(agent)));
      expect(struck, JSON.stringify(fault)).toHaveLength(1);
      await forgotten(agent);
      // It is used again at once, and by the alarm only then.
      expect(await admitted(agent), struck.join()).toBe(6);
      await callsOf(agent).settle(ending(6));
      await finished(agent);
      expect(await statusesOf(agent), struck.join()).toEqual([...STATUSES, "succeeded"]);
      expect(await checkCalls(agent)).toBe(6);
    }
  });

  it("goes on once the record, the database or the log are there again", async () => {
    for (const away of ["audit", "database", "log", "commits"] as const) {
      const agent = await withCalls();
      Object.assign(outage, { [away]: true });
      await attempt(handedOver(agent));
      endOutages();
      await finished(agent);
      expect(await statusesOf(agent), away).toEqual(STATUSES);
      expect(await checkCalls(agent), away).toBe(5);
    }
  });

  it("notes late ends, whatever fails", async () => {
    for (const how of HOWS) {
      for (const end of ENDS) {
        for (const at of ["activity: transaction", "AUDIT: batch, update call set"]) {
          const agent = await withCalls();
          await handedOver(agent);
          await callsOf(agent).settle(ending(4, { status: "succeeded", result: "done" }));
          await withFaults([{ at, how, end }], () => attempt(handedOver(agent)));
          await forgotten(agent);
          await finished(agent);
          expect(await statusesOf(agent), `${at} ${how} ${end}`).toEqual(STATUSES.with(3, "succeeded"));
          expect((await storedCalls(agent)).tables["call"]).toEqual([]);
        }
      }
    }
  });
});

describe("admitting and settling", () => {
  it("an admission whose write failed is not told, and the next one follows without a gap", async () => {
    for (const how of HOWS) {
      for (const end of ENDS) {
        const agent = await newAgent();
        const limits = { rule: "reads", most: { ...NO_LIMITS, perDay: 3 } };
        await admitted(agent, { limits });
        const { done } = await withFaults([{ at: "activity: transaction", how, end }], () => attempt(admit(agent, { limits })));
        expect(done).toBeNull();
        await forgotten(agent);
        // What was written counts, though nobody was told.
        const further = how === "present" ? 1 : 2;
        for (let n = 0; n < further; n++) await admitted(agent, { limits });
        expect((await admit(agent, { limits })).status).toBe("limited");
        vi.setSystemTime(Date.now() + 700_000);
        await finished(agent);
        expect(await checkCalls(agent)).toBe(4);
      }
    }
  });

  it("a budget that was written and not told counts in the object that goes on as well", async () => {
    const agent = await newAgent();
    const limits = { rule: "reads", most: { ...NO_LIMITS, perMinute: 2 } };
    await admitted(agent, { limits });
    await withFaults([{ at: "activity: transaction", how: "present", end: "goes on" }], () => attempt(admit(agent, { limits })));
    expect((await admit(agent, { limits })).status).toBe("limited");
  });

  it("an end whose write failed can be said again, and the first one stays", async () => {
    for (const how of HOWS) {
      for (const end of ENDS) {
        const agent = await newAgent();
        await admitted(agent);
        await withFaults([{ at: "activity: transaction", how, end }], () => attempt(callsOf(agent).settle(ending(1))));
        await forgotten(agent);
        await callsOf(agent).settle(ending(1, { status: "failed" }));
        await finished(agent);
        expect(await statusesOf(agent)).toEqual([how === "present" ? "succeeded" : "failed"]);
      }
    }
  });

  it("nothing is admitted while the record cannot be compared with", async () => {
    const agent = await newAgent();
    outage.audit = true;
    expect(await attempt(admit(agent))).toBeNull();
    endOutages();
    expect(await admitted(agent)).toBe(1);
  });
});

describe("an object that is not as far as the record", () => {
  it("put back: it numbers on, says so, and counts every budget as used up", async () => {
    const agent = await newAgent();
    const limits = { rule: "reads", most: { ...NO_LIMITS, perMinute: 100, perDay: 1_000 } };
    for (const n of [1, 2]) await callsOf(agent).settle(ending(await admitted(agent, { limits })) ?? n);
    const then = await storedCalls(agent);
    for (let n = 0; n < 3; n++) await callsOf(agent).settle(ending(await admitted(agent, { limits })));
    await finished(agent);
    await putBack(agent, then);
    expect(await admit(agent, { limits })).toMatchObject({ status: "limited", limit: "perDay", retryAfter: 86_400 });
    expect(await admitted(agent)).toBe(7);
    vi.setSystemTime(Date.now() + 700_000);
    await finished(agent);
    const records = (await recorded(agent)).map(({ record }) => record);
    expect(records.slice(5).map(({ status, code }) => [status, code])).toEqual([
      ["rate_limited", "numbered_on"],
      ["unknown", "not_heard_of"],
    ]);
    expect(await checkCalls(agent)).toBe(7);
    vi.setSystemTime(Date.now() + 86_400_000);
    expect(await admit(agent, { limits })).toMatchObject({ status: "admitted" });
  });

  it("lost, with what it had written and not logged: the log gets it, and it numbers on from there", async () => {
    const agent = await withCalls();
    await withFaults([{ at: "call: append of the log", how: "absent", end: "dies" }], () => attempt(handedOver(agent)));
    await putBack(agent, { state: undefined, tables: { call: [], joined: [], spent: [] } });
    expect(await admitted(agent)).toBe(6);
    await callsOf(agent).settle(ending(6));
    await finished(agent);
    expect(await checkCalls(agent)).toBe(6);
    expect((await recorded(agent)).at(-1)?.record).toMatchObject({ number: 6, code: "numbered_on" });
  });

  it("what it holds that others have the numbers of gets new ones, and what is in the record already stays there", async () => {
    const agent = await withCalls();
    const then = await storedCalls(agent);
    await finished(agent);
    // Two calls of another object: they were admitted here under numbers that are taken by now.
    await putBack(agent, then);
    expect(await admitted(agent)).toBe(6);
    await callsOf(agent).settle(ending(6));
    await finished(agent);
    expect(await statusesOf(agent)).toEqual([...STATUSES, "succeeded"]);
    expect(await checkCalls(agent)).toBe(6);
  });

  it("there twice: who comes second with a batch takes other numbers, and its budgets are used up", async () => {
    const agent = await withCalls();
    const then = await storedCalls(agent);
    // One of both goes on with another call and hands all of it over,
    await callsOf(agent).settle(ending(await admitted(agent)));
    await finished(agent);
    // the other one, which knows nothing of that, is about to.
    await putBack(agent, then);
    const other = await storedCalls(agent);
    const calls = other.tables["call"]?.map((row) => ({ ...row, kept: otherSalt(row["kept"] as string) }));
    await putBack(agent, { ...other, tables: { ...other.tables, call: calls ?? [] } });
    await finished(agent);
    expect(await checkCalls(agent)).toBe(11);
    expect(await statusesOf(agent)).toEqual([...STATUSES, "succeeded", ...STATUSES]);
  });

  it("the record put back: the log's numbers stay, and what comes next follows them", async () => {
    const agent = await withCalls();
    await finished(agent);
    await env.AUDIT.batch(["batch", "call"].map((table) => env.AUDIT.prepare(`DELETE FROM ${table} WHERE agent = ?`).bind(agent.id)));
    await putBack(agent, { state: undefined, tables: { call: [], joined: [], spent: [] } });
    expect(await admitted(agent)).toBe(6);
    await callsOf(agent).settle(ending(6));
    await finished(agent);
    expect((await recorded(agent)).map(({ number }) => number)).toEqual([6]);
    expect(await checkCalls(agent, 5)).toBe(6);
  });

  it("the record put back under an object that goes on: what it had written under numbers of the log gets others", async () => {
    const agent = await newAgent();
    const begun = await storedCalls(agent);
    await callsOf(agent).settle(ending(await admitted(agent)));
    await finished(agent);
    await env.AUDIT.batch(["batch", "call"].map((table) => env.AUDIT.prepare(`DELETE FROM ${table} WHERE agent = ?`).bind(agent.id)));
    // An object that has compared already, and does not know of the first batch.
    const key = apiKeyHash(agent.key);
    await putBack(agent, begun);
    const given = await callOf(agent);
    await withFaults([], async () => callsOf(agent).admit(key, given));
    await callsOf(agent).settle(ending(2));
    await finished(agent);
    expect(await checkCalls(agent, 1)).toBe(2);
  });
});

describe("any sequence", () => {
  /** Numbers from 0 up to below 1, the same for the same seed. */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 4_294_967_296;
    };
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "of admissions, ends, failures, restarts and objects that are put back: no gap, none twice (%i)",
    async (seed) => {
      const next = random(seed);
      const pick = <One>(of: readonly One[]): One => of[Math.floor(next() * of.length)] as One;
      const agent = await newAgent();
      const told = new Set<number>();
      let before = await storedCalls(agent);
      const fault = (): Fault[] => (next() < 0.4 ? [{ at: Math.floor(next() * 9), how: pick(HOWS), end: pick(ENDS) }] : []);
      const steps: Record<string, () => Promise<unknown>> = {
        admit: async () => {
          const wanted = pick([{}, asked(Math.floor(next() * 3)), { facts: { status: "blocked" as const } }]);
          const { done } = await withFaults(next() < 0.1 ? [{ at: 0, how: pick(HOWS), end: pick(ENDS) }] : [], () =>
            attempt(admit(agent, wanted)),
          );
          if (done?.status === "admitted") told.add(done.number);
        },
        settle: () => attempt(callsOf(agent).settle(ending(pick([...told, 1])))),
        handOver: () => withFaults(fault(), () => attempt(handedOver(agent))),
        restart: () => forgotten(agent),
        pass: () => Promise.resolve(vi.setSystemTime(Date.now() + 61_000)),
        keep: async () => (before = await storedCalls(agent)),
        putBack: () => putBack(agent, before),
      };
      const turns = ["admit", "admit", "admit", "admit", "settle", "settle", "handOver", "handOver", "restart", "pass", "keep", "putBack"];
      for (let turn = 0; turn < 40; turn++) await steps[pick(turns)]?.();
      await forgotten(agent);
      await attempt(admit(agent));
      vi.setSystemTime(Date.now() + 700_000);
      await finished(agent);
      await finished(agent);
      expect(await checkCalls(agent)).toBeGreaterThan(0);
      expect((await storedCalls(agent)).tables["call"]?.filter((row) => row["number"] === null)).toEqual([]);
    },
  );
});
