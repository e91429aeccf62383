/** Every write of a stop, of a release and of a change of groups fails, in every way: nothing of before is ever used, and the same again finishes it. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Agent, ask, askFor, decided, PAYLOAD, read } from "#test/workerd/support/approvals.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { call, makeAgent, outcome } from "#test/workerd/support/people.ts";
import { changeGroups, release, sendGroups, sendRelease, signGroups, signRelease, stop, stops } from "#test/workerd/support/stops.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { forget, service } from "#test/workerd/faults/journeys.ts";

const cast = service();
const STOPPED = [403, "agent_stopped"];
const APPEND = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
const CANCEL = ["call: stop of the approval", "approval: transaction", ...APPEND, "approval: transaction"];

/** What an object makes, and not the Worker. */
const isAnObjects = (name: string, at: number): boolean => at > 0 && !name.startsWith("call: stop");

let bots = 0;
/** An agent with one request that is approved, and one that is pending. */
async function prepared() {
  const { person } = cast();
  const agent = await makeAgent(person, `bot-${bots++}`);
  const { request_id: ready } = await ask(agent);
  await decided(person, ready, "approved");
  const { request_id: pending } = await ask(agent);
  const redeem = () => call("POST", `/api/v1/approvals/${ready}/redeem`, { key: agent.key, origin: null, body: { payload: PAYLOAD } });
  return { person, agent, ready, pending, redeem };
}
async function stoppedOne(): Promise<Agent> {
  const { person } = cast();
  const agent = await makeAgent(person, `bot-${bots++}`);
  expect((await stop(person, agent.id)).status).toBe(204);
  return agent;
}
const openOf = (agentId: string) =>
  env.DB.prepare("SELECT count(*) AS open FROM approval WHERE agent_id = ? AND ended_at IS NULL").bind(agentId).first<number>("open");
const ordersOf = async (agentId: string) =>
  (await recordsOf("stop.ordered")).filter(({ agent }) => (agent as { id: string } | null)?.id === agentId);

describe("a stop", () => {
  it("writes this, in this order", async () => {
    const { person, agent } = await prepared();
    const { done, seen } = await withFaults([], async (plan) => {
      const answer = await stop(person, agent.id);
      await expect.poll(() => plan.seen.length).toBe(APPEND.length + CANCEL.length);
      return answer;
    });
    expect(done.status).toBe(204);
    expect(seen.map(({ name }) => name)).toEqual([...APPEND, ...CANCEL]);
  });

  it("survives every failure of each: once it is written it holds, and the same again finishes it", async () => {
    const struckBy: (Awaited<ReturnType<typeof prepared>> & { what: string })[] = [];
    for (const fault of faultsOf([...APPEND, ...CANCEL], isAnObjects)) {
      const one = await prepared();
      const { person, agent, pending, redeem } = one;
      const { done, struck } = await withFaults([fault], async (plan) => {
        const answer = await stop(person, agent.id);
        await expect.poll(() => plan.struck).toHaveLength(1);
        return answer;
      });
      const what = struck.join();
      const isWritten = (await stops(person)).agents.some(({ id }) => id === agent.id);
      // Whoever is told that it is stopped may rely on it; whoever is not has to look, or order it again.
      if (done.status === 204) expect(isWritten, what).toBe(true);
      else expect(done.status, what).toBe(503);
      if (isWritten) {
        expect(await outcome(await redeem()), what).toEqual(STOPPED);
        expect(await outcome(await askFor(agent)), what).toEqual(STOPPED);
      }
      await forget(pending, cast());
      struckBy.push({ ...one, what });
    }
    const finish = async ({ person, agent, ready, pending, redeem, what }: (typeof struckBy)[number]) => {
      expect((await stop(person, agent.id)).status, what).toBe(204);
      expect(await ordersOf(agent.id), what).toHaveLength(1);
      for (const id of [ready, pending]) expect(await outcome(await read(agent, id)), what).toEqual(STOPPED);
      await call("GET", `/a/${pending}`, { cookie: person.cookie });
      await expect.poll(() => openOf(agent.id)).toBe(0);
      expect((await release(person, agent.id)).status, what).toBe(200);
      expect(await outcome(await redeem()), what).toEqual(STOPPED);
      expect((await askFor(agent)).status, what).toBe(201);
    };
    await Promise.all(struckBy.map(finish));
    expect(await recordsOf("approval.redeemed")).toEqual([]);
    await checkLog();
  });
});

describe("a release", () => {
  it("is there or it is not, whatever fails: the same again, or another, completes it, once", async () => {
    const cases = await Promise.all(faultsOf(APPEND, isAnObjects).map(async (fault) => ({ fault, agent: await stoppedOne() })));
    for (const { fault, agent } of cases) {
      const { person } = cast();
      const signed = await signRelease(person, agent.id);
      const { done, struck } = await withFaults([fault], () => sendRelease(person, agent.id, signed));
      const what = struck.join();
      expect(struck, what).toHaveLength(1);
      expect([200, 503], what).toContain(done.status);
      await forget("apr_none", cast());
      const isReleased = !(await stops(person)).agents.some(({ id }) => id === agent.id);
      if (done.status === 200) expect(isReleased, what).toBe(true);
      expect((await askFor(agent)).status, what).toBe(isReleased ? 201 : 403);
      const again = await outcome(await sendRelease(person, agent.id, signed));
      expect(again, what).toEqual(isReleased ? [409, "not_stopped"] : [200, undefined]);
      const leaves = (await recordsOf("stop.released")).filter((record) => (record["agent"] as { id: string }).id === agent.id);
      expect(leaves, what).toHaveLength(1);
      expect((await askFor(agent, { idempotency_key: "after" })).status, what).toBe(201);
    }
  });
});

describe("a change of groups", () => {
  it("is there or it is not, whatever fails: its number is its own, and the next follows it", async () => {
    const groupsOf = (agentId: string) => env.DB.prepare("SELECT groups FROM agent WHERE id = ?").bind(agentId).first<string>("groups");
    for (const fault of faultsOf(APPEND, isAnObjects)) {
      const { person } = cast();
      const agent = await makeAgent(person, `bot-${bots++}`);
      const signed = await signGroups(person, agent.id, ["deploy"]);
      const { done, struck } = await withFaults([fault], () => sendGroups(person, agent.id, ["deploy"], signed));
      const what = struck.join();
      expect(struck, what).toHaveLength(1);
      await forget("apr_none", cast());
      const isChanged = (await groupsOf(agent.id)) === '["deploy"]';
      if (done.status === 200) expect(isChanged, what).toBe(true);
      const again = await outcome(await sendGroups(person, agent.id, ["deploy"], signed));
      expect(again, what).toEqual(isChanged ? [403, "decision_not_accepted"] : [200, undefined]);
      expect((await changeGroups(person, agent.id, [])).status, what).toBe(200);
      const { results } = await env.DB.prepare("SELECT idem FROM log_leaf WHERE idem LIKE ? ORDER BY idx")
        .bind(`${agent.id}:changed:%`)
        .all();
      expect(results, what).toEqual([{ idem: `${agent.id}:changed:1` }, { idem: `${agent.id}:changed:2` }]);
    }
  });
});
