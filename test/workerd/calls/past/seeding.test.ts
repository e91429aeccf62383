/** Where an agent's past comes from when a policy first asks, how much of it is kept, and when it is not any more. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { watchedOf } from "#countersign/policy/judging/past/call.ts";
import type { PastQuestion } from "#countersign/policy/judging/past/question.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { activityOf, admitted, callsOf, ending, handedOver } from "#test/workerd/support/calls/agent-calls.ts";
import { answerTo, asked, askOf, countOf, DAY_MS, HOUR_MS, keptPast, paid, sent } from "#test/workerd/support/calls/past.ts";
import { cookieOf, enrolFirst, makeAgent, signIn, type Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";

let alex: Someone;
let agent: Agent;
let bots = 0;
beforeAll(async () => {
  alex = await enrolFirst();
  // Days ahead, so that alarms come when a test says.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 });
});
afterAll(() => void vi.useRealTimers());

const all = { name: "all", match: { source: "call" }, effect: "allow" };
const counting = (within: string) => ({
  name: "few",
  match: { tool: "pay", when: `history.count("pay", "${within}") < 5 && history.sum("pay", "amount", "${within}") < 100.0` },
  effect: "allow",
});
const inForce = async (more: object, ...rules: object[]) => {
  await putInForce(policyOf([...rules, all], more));
  pass(1_000);
};
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
beforeEach(async () => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 86_400_000 * (1 + bots) });
  // A session does not last as long as the days that pass here.
  alex.cookie = cookieOf(await signIn(alex.passkey)) ?? alex.cookie;
  agent = await makeAgent(alex, `seeded-bot-${bots++}`);
  await inForce({});
});

const sum = (within: number): PastQuestion => ({ ask: "sum", tool: "pay", path: ["amount"], within });
const summed = (within = HOUR_MS) => answerTo(agent, sum(within), { counts: false });
/** A call as it was recorded before anybody asked. */
const recordedCall = async (args: string | null, more: object = {}) =>
  await callsOf(agent).settle(
    ending(await admitted(agent, { facts: { tool: "pay" }, keep: { what: "full", days: null }, arguments: args, ...more })),
  );

describe("when a policy first asks", () => {
  it("everything counts that went out, in the record or on the way there; of arguments what was kept", async () => {
    await recordedCall('{"amount":10}');
    await recordedCall('{"amount":20.5}');
    await admitted(agent, { facts: { tool: "pay", status: "blocked", code: "policy_denied" } });
    await admitted(agent, { facts: { tool: "pay", status: "pending_approval" }, join: { key: "k", requestId: `apr_${"0".repeat(32)}` } });
    await handedOver(agent);
    await recordedCall('{"amount":30}');
    // In flight.
    await admitted(agent, { facts: { tool: "pay" }, keep: { what: "full", days: null }, arguments: '{"amount":1}' });
    await inForce({}, counting("1h"));
    expect([await paid(agent), await summed()]).toEqual([4, 61.5]);
    await sent(agent, "pay", await askOf(agent, { scalars: { amount: 2 } }));
    expect([await paid(agent), await summed()]).toEqual([5, 63.5]);
    await evictDurableObject(activityOf(agent));
    expect([await paid(agent), await summed()]).toEqual([5, 63.5]);
  });

  it("a sum fails where a number is missing, is none, is below zero or was not kept; a count does not", async () => {
    for (const [n, args] of ["{}", '{"amount":"7"}', '{"amount":-1}', null].entries()) {
      agent = await makeAgent(alex, `sum-bot-${n}`);
      await inForce({});
      await recordedCall('{"amount":1}');
      await recordedCall(args);
      await handedOver(agent);
      await inForce({}, counting("1h"));
      expect([await paid(agent), await summed()], String(args)).toEqual([2, null]);
    }
  });

  it("only what is within the longest time that it asks for; more is read once one asks for more", async () => {
    await recordedCall('{"amount":10}');
    await handedOver(agent);
    pass(3 * HOUR_MS);
    await recordedCall('{"amount":20}');
    await handedOver(agent);
    await inForce({}, counting("1h"));
    expect(await paid(agent)).toBe(1);
    expect(await keptPast(agent)).toHaveLength(1);
    await sent(agent, "pay", await askOf(agent, { scalars: { amount: 3 } }));
    await callsOf(agent).past(await askOf(agent, { scalars: { amount: 4 } }));
    await inForce({}, counting("6h"));
    const within = 6 * HOUR_MS;
    // What is under way counts; what the record does not hold of arguments is not known any more.
    expect(await answerTo(agent, countOf("pay", within), { counts: false })).toBe(4);
    expect([await summed(), await summed(within)]).toEqual([null, null]);
    await inForce({}, counting("2h"));
    expect(await answerTo(agent, countOf("pay", within), { counts: false })).toBe(4);
  });

  it("what the deployment does not keep so long is not known", async () => {
    await recordedCall("{}");
    await handedOver(agent);
    await recordedCall("{}");
    await handedOver(agent);
    await env.AUDIT.prepare("DELETE FROM call WHERE agent = ? AND number = 1").bind(agent.id).run();
    pass(1_000);
    await recordedCall("{}");
    await inForce({}, counting("1h"));
    expect(await paid(agent)).toBeNull();
    expect(await answerTo(agent, countOf("pay", 2_000), { counts: false })).toBe(1);
  });

  it("what an agent is used to is learnt from the record as well, and a member that is watched only now", async () => {
    for (let n = 0; n < 3; n++) await recordedCall(`{"to":"bank-${n}"}`);
    await handedOver(agent);
    const isNew = (ask: PastQuestion, to = "") => answerTo(agent, ask, { counts: false, watched: watchedOf({ to }, [["to"]]) });
    await inForce({ anomaly: {} });
    expect([await isNew({ ask: "first-tool" }), await answerTo(agent, { ask: "first-tool" }, { tool: "list", counts: false })]).toEqual([
      false,
      true,
    ]);
    await inForce({ anomaly: { watch: ["args.to"] } });
    const ask: PastQuestion = { ask: "first-value", path: ["to"] };
    expect([await isNew(ask, "bank-1"), await isNew(ask, "bank-9")]).toEqual([false, true]);
  });
});

describe("what is kept", () => {
  const rows = () =>
    runInDurableObject(activityOf(agent), (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM past").one().n);
  const filled = (n: number, atMs: number, scalars = "{}") =>
    runInDurableObject(activityOf(agent), (_, { storage }) => {
      storage.sql.exec(
        `INSERT INTO past (key, at, server, tool, scalars, cut, watched, learnt)
         SELECT 'filled:' || value, ? + value, 'files', 'pay', ?, 0, '{}', 1
         FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?) SELECT value FROM n)`,
        atMs,
        scalars,
        n,
      );
    }).then(() => evictDurableObject(activityOf(agent)));

  it("are the newest 500, and all that may be asked for; what goes is what the agent is used to still", async () => {
    await inForce({ anomaly: {} }, counting("1h"));
    await asked(agent, { tool: "list" });
    await filled(700, Date.now() - 2 * HOUR_MS);
    await sent(agent, "pay", await askOf(agent));
    expect(await rows()).toBe(500);
    expect(await paid(agent)).toBe(1);
    expect(await answerTo(agent, { ask: "first-tool" }, { counts: false })).toBe(false);
    pass(2 * DAY_MS);
    for (let n = 0; n < 3; n++) await sent(agent, "other", await askOf(agent, { tool: "other" }));
    // A hundred go at once.
    expect(await rows()).toBe(503);
    const { kept } = await runInDurableObject(activityOf(agent), (_, { storage }) => ({
      kept: storage.kv.get<{ calls: number }>("past-profile"),
    }));
    expect(kept?.calls).toBeGreaterThanOrEqual(200);
  });

  it("at most 50,000: what reaches further back fails, and nothing else", async () => {
    await inForce({}, counting("12h"));
    await asked(agent, { tool: "list", counts: false });
    const within = 12 * HOUR_MS;
    await filled(50_000, Date.now() - 2 * HOUR_MS);
    expect(await answerTo(agent, countOf("pay", within), { counts: false })).toBe(50_000);
    await sent(agent, "pay", await askOf(agent));
    expect(await rows()).toBe(49_901);
    expect(await answerTo(agent, countOf("pay", within), { counts: false })).toBeNull();
    expect(await answerTo(agent, countOf("pay", HOUR_MS), { counts: false })).toBe(1);
  });

  it("and 16 MiB of arguments", async () => {
    await inForce({}, counting("12h"));
    await asked(agent, { tool: "list", counts: false });
    await filled(9_000, Date.now() - 2 * HOUR_MS, JSON.stringify({ text: "x".repeat(1_950) }));
    await sent(agent, "pay", await askOf(agent));
    expect(await rows()).toBeLessThan(8_600);
    expect(await answerTo(agent, countOf("pay", 12 * HOUR_MS), { counts: false })).toBeNull();
  });
});

describe("a policy that asks nothing any more", () => {
  it("ends it with the next call; one that asks again begins again, and misses none", async () => {
    await inForce({}, counting("1h"));
    await sent(agent, "pay", await askOf(agent, { scalars: { amount: 1 } }));
    await asked(agent, { tool: "list" });
    expect(await keptPast(agent)).not.toEqual([]);
    await inForce({});
    await sent(agent);
    expect(await keptPast(agent)).toEqual([]);
    await sent(agent);
    await handedOver(agent);
    await inForce({}, counting("1h"));
    expect(await paid(agent)).toBe(3);
  });

  it("its calls of an isolate that does not know yet that another one asks count as well", async () => {
    const { version } = (await askOf(agent)).by;
    await inForce({}, counting("1h"));
    await asked(agent, { tool: "list" });
    await admitted(agent, { facts: { tool: "pay", policy: version } });
    expect([await paid(agent), await summed()]).toEqual([1, null]);
  });

  it("answers nothing to who asks by another version than is in force, and counts what that lets pass", async () => {
    await inForce({}, counting("1h"));
    const ask = await askOf(agent);
    await sent(agent);
    expect(Object.values(await callsOf(agent).past({ ...ask, by: { ...ask.by, version: ask.by.version - 1 } }))).toEqual([null]);
    expect(Object.values(await callsOf(agent).past(ask))).toEqual([1]);
    const other = await askOf(agent);
    await callsOf(agent).past({ ...other, by: { ...other.by, version: other.by.version - 1 } });
    expect(await paid(agent)).toBe(3);
  });
});
