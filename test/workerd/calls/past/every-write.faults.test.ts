/**
 * What an agent's object keeps of its past: each write fails, absent and present, and whoever makes it goes on or dies; it is put back, lost,
 * and there twice. Never does it say less than there was.
 */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Agent, personAndAgent } from "#test/workerd/support/approvals.ts";
import { activityOf, admit, callsOf, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { answerTo, asked, askOf, countOf, HOUR_MS, keptPast, paid, sent } from "#test/workerd/support/calls/past.ts";
import { LOST, putBack, storedCalls } from "#test/workerd/support/calls/put-back.ts";
import { cookieOf, makeAgent, signIn, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { type End, ENDS, endOutages, type Fault, HOWS, outage, withFaults } from "#test/workerd/faults/fault-plan.ts";

const all = { name: "all", match: { source: "call" }, effect: "allow" };
const counting = (within: string) =>
  policyOf([{ name: "few", match: { tool: "pay", when: `history.count("pay", "${within}") < 5` }, effect: "allow" }, all]);

let person: Someone;
let bots = 0;
beforeAll(async () => {
  // A day ahead, so that alarms come when a test says, and by themselves never.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
  ({ person } = await personAndAgent());
});
beforeEach(async () => {
  person.cookie = cookieOf(await signIn(person.passkey)) ?? person.cookie;
});
afterEach(() => endOutages());
afterAll(() => void vi.useRealTimers());

const newAgent = (): Promise<Agent> => makeAgent(person, `past-bot-${bots++}`);
const forgotten = (agent: Agent) => evictDurableObject(activityOf(agent)).catch(() => undefined);
const attempt = <Done>(work: Promise<Done>): Promise<Done | null> => work.catch(() => null);
/** One that was killed is another one by itself, a moment later: what holds it still is waited for. */
const another = async (agent: Agent, end: End) => {
  if (end === "goes on") await forgotten(agent);
  else
    await expect
      .poll(() =>
        attempt(
          callsOf(agent)
            .recentCalls(0)
            .then(() => "there"),
        ),
      )
      .toBe("there");
};
/** Time goes on, so that windows begin when they have to. */
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const FAULTS = HOWS.flatMap((how) => ENDS.map((end) => ({ how, end })));
const WRITE = "activity: transaction";

/** One that has called three times before anything was asked, of which the record has two. */
async function withCalls(): Promise<Agent> {
  await putInForce(policyOf([all]));
  const agent = await newAgent();
  for (let n = 0; n < 2; n++) await sent(agent);
  await handedOver(agent);
  await sent(agent);
  pass(1_000);
  await putInForce(counting("1h"));
  pass(1_000);
  return agent;
}

describe("beginning", () => {
  it("writes this, in this order, and knows all of it whatever fails", async () => {
    const first = await withCalls();
    const { done, seen } = await withFaults([], () => answerTo(first, countOf("pay")));
    expect(done).toBe(3);
    expect(seen.map(({ name }) => name)).toEqual([WRITE, WRITE, WRITE]);
    for (const at of [0, 1, 2]) {
      for (const { how, end } of FAULTS) {
        const agent = await withCalls();
        const { struck } = await withFaults([{ at, how, end } satisfies Fault], () => attempt(asked(agent)));
        expect(struck).toHaveLength(1);
        await another(agent, end);
        // The call itself counts once it was written, though nobody was told.
        expect(await paid(agent), struck.join()).toBe(at === 2 && how === "present" ? 4 : 3);
        expect(await answerTo(agent, countOf("pay"))).toBe(at === 2 && how === "present" ? 4 : 3);
        await forgotten(agent);
        expect(await paid(agent), struck.join()).toBe(at === 2 && how === "present" ? 5 : 4);
      }
    }
  });

  it("answers nothing while record, log or policy cannot be read, and all of it then", async () => {
    for (const away of ["audit", "database"] as const) {
      const agent = await withCalls();
      const ask = await askOf(agent);
      Object.assign(outage, { [away]: true });
      await expect((async () => await callsOf(agent).past(ask))()).rejects.toThrow(/lost|D1/i);
      endOutages();
      expect(await paid(agent)).toBe(3);
    }
    const agent = await withCalls();
    await putInForce(counting("2h"));
    const ask = await askOf(agent);
    await putInForce(counting("3h"));
    outage.policy = "fails";
    const now = { ...ask, by: { ...ask.by, epoch: ask.by.epoch + 1_000_000 } };
    await expect((async () => await callsOf(agent).past(now))()).rejects.toThrow(/lost|D1/i);
    endOutages();
  });

  it("loses no call that comes while the record is read", async () => {
    const agent = await withCalls();
    const asks = await Promise.all(Array.from({ length: 20 }, () => askOf(agent, { tool: "list" })));
    const others = Promise.all(Array.from({ length: 5 }, () => sent(agent)));
    await Promise.all(asks.map(async (ask) => await callsOf(agent).past(ask)));
    await others;
    expect(await paid(agent)).toBe(8);
    expect(await answerTo(agent, countOf("*"), { counts: false })).toBe(28);
  });
});

describe("each call", () => {
  it("counts unless it was not written, and its admission or what leaves it out may fail", async () => {
    for (const { how, end } of FAULTS) {
      const agent = await withCalls();
      await paid(agent);
      const ask = await askOf(agent);
      await withFaults([{ at: WRITE, how, end }], async () => await attempt((async () => await callsOf(agent).past(ask))()));
      await another(agent, end);
      expect(await paid(agent)).toBe(how === "present" ? 4 : 3);
      // The same again counts once.
      expect(await attempt((async () => await callsOf(agent).past(ask))())).toEqual({
        [Object.keys(await asked(agent, { counts: false }))[0] ?? ""]: 3,
      });
      expect(await paid(agent)).toBe(4);
      await withFaults([{ at: WRITE, how, end }], async () => await attempt((async () => await callsOf(agent).leaveOut(ask.entry.key))()));
      await another(agent, end);
      expect(await paid(agent)).toBe(how === "present" ? 3 : 4);
      await callsOf(agent).leaveOut(ask.entry.key);
      expect(await paid(agent)).toBe(3);
    }
  });

  it("between being asked about and its admission its Worker is gone: it counts, and nothing is learnt of it", async () => {
    await putInForce(policyOf([all], { anomaly: { threshold: 15 } }));
    const agent = await newAgent();
    const isNew = () => answerTo(agent, { ask: "first-tool" }, { counts: false });
    const ask = await askOf(agent, { questions: [{ ask: "first-tool" }] });
    expect(Object.values(await callsOf(agent).past(ask))).toEqual([true]);
    await forgotten(agent);
    expect(await keptPast(agent)).toMatchObject([{ tool: "pay", learnt: 0 }]);
    expect(await isNew()).toBe(true);
    expect(await paid(agent)).toBe(1);
    await sent(agent, "pay", ask);
    await forgotten(agent);
    expect(await keptPast(agent)).toMatchObject([{ tool: "pay", learnt: 1 }]);
    expect(await isNew()).toBe(false);
    expect(await paid(agent)).toBe(1);
  });

  it("an admission that fails after it was asked about is not told, and counts", async () => {
    for (const { how, end } of FAULTS) {
      for (const at of [0, 1]) {
        const agent = await withCalls();
        await paid(agent);
        const ask = await askOf(agent, { tool: "list" });
        const facts = { tool: "list", policy: ask.by.version };
        // It was not asked about: it is counted with its admission, in a write of its own that comes with it.
        const { done } = await withFaults([{ at, how, end }], () => attempt(admit(agent, { facts, past: ask.entry })));
        expect(done).toBeNull();
        await another(agent, end);
        expect(await answerTo(agent, countOf("list"), { counts: false })).toBe(at === 1 && how === "present" ? 1 : 0);
      }
    }
  });
});

describe("an object that is not as far as the record", () => {
  const window = 60_000;
  const inWindow = (agent: Agent) => answerTo(agent, countOf("pay", window), { counts: false });

  it("put back: what reaches further back than that is not known, and a while later it is again", async () => {
    const agent = await withCalls();
    await paid(agent);
    const then = await storedCalls(agent);
    for (let n = 0; n < 3; n++) await sent(agent, "pay", await askOf(agent));
    await handedOver(agent);
    await putBack(agent, then);
    expect([await paid(agent), await inWindow(agent)]).toEqual([null, null]);
    await sent(agent, "pay", await askOf(agent));
    pass(window + 1);
    expect([await paid(agent), await inWindow(agent)]).toEqual([null, 0]);
    await sent(agent, "pay", await askOf(agent));
    expect([await paid(agent), await inWindow(agent)]).toEqual([null, 1]);
    pass(HOUR_MS);
    expect(await paid(agent)).toBe(0);
  });

  it("lost: the same", async () => {
    const agent = await withCalls();
    await paid(agent);
    for (let n = 0; n < 3; n++) await sent(agent, "pay", await askOf(agent));
    await handedOver(agent);
    await putBack(agent, LOST);
    expect([await paid(agent), await inWindow(agent)]).toEqual([null, null]);
    pass(window + 1);
    await sent(agent, "pay", await askOf(agent));
    expect([await paid(agent), await inWindow(agent)]).toEqual([null, 1]);
  });

  it("there twice: who comes second with a batch does not know what the other did", async () => {
    const agent = await withCalls();
    await paid(agent);
    const then = await storedCalls(agent);
    for (let n = 0; n < 2; n++) await sent(agent, "pay", await askOf(agent));
    await handedOver(agent);
    const other = (salt: string) => salt.replace(/"salt":"(.)/, (_, first) => `"salt":"${first === "A" ? "B" : "A"}`);
    const calls = then.tables["call"]?.map((row) => ({ ...row, kept: other(row["kept"] as string) })) ?? [];
    await putBack(agent, { ...then, tables: { ...then.tables, call: calls } });
    await attempt(handedOver(agent));
    expect(await inWindow(agent)).toBeNull();
  });

  it("the record put back before anybody asked: what it does not hold any more is not known", async () => {
    const agent = await withCalls();
    await env.AUDIT.batch(["batch", "call"].map((table) => env.AUDIT.prepare(`DELETE FROM ${table} WHERE agent = ?`).bind(agent.id)));
    expect(await paid(agent)).toBeNull();
    pass(HOUR_MS);
    expect(await paid(agent)).toBe(0);
  });
});
