/** Every write of making and of ending an agent below another fails, in every way: it is there with its leaf or it is not, and the same again completes it. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { endOverdueAgents } from "#composition/agents/end-overdue.ts";
import { ask, askFor, read } from "#test/workerd/support/approvals.ts";
import { below, endBelow, listBelow, sendBelow } from "#test/workerd/support/agents/below.ts";
import { recordsOf } from "#test/workerd/support/invited.ts";
import { checkLog } from "#test/workerd/support/log.ts";
import { makeAgent, outcome } from "#test/workerd/support/people.ts";
import { stop, stops } from "#test/workerd/support/stops.ts";
import { type Fault, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { forget, service } from "#test/workerd/faults/journeys.ts";

const cast = service();
const APPEND = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor"];
/** What ends is cancelled as after any stop (../stop.faults.test.ts): here it fails to be reached. */
const CANCEL = ["call: stop of the approval", "approval: transaction", ...APPEND, "approval: transaction"];

/** What an object makes, and not the Worker. */
const isAnObjects = (_: string, at: number): boolean => at > 0;
const APPEND_FAULTS = faultsOf(APPEND, isAnObjects);

const NOT_REACHED: Fault = { at: "call: stop of the approval", how: "absent", end: "goes on" };

let bots = 0;
const planner = () => makeAgent(cast().person, `planner-${bots++}`);
const rowsBelow = (name: string) =>
  env.DB.prepare("SELECT count(*) AS n FROM agent JOIN agent_below ON below = id WHERE name = ?").bind(name).first<number>("n");
const leavesOf = async (kind: string, id: string) =>
  (await recordsOf(kind)).filter((record) => (record["agent"] as { id: string }).id === id);

describe("making one", () => {
  it("writes this, in this order", async () => {
    const top = await planner();
    const { done, seen } = await withFaults([], () => sendBelow(top, { name: "watched" }));
    expect(done.status).toBe(201);
    expect(seen.map(({ name }) => name)).toEqual(APPEND);
  });

  it("is there with its leaf and its place in the chain, or it is not: whoever got no answer sees it in the list, and may end it", async () => {
    for (const fault of APPEND_FAULTS) {
      const top = await planner();
      const name = `helper of ${top.name}`;
      const { done, struck } = await withFaults([fault], () => sendBelow(top, { name }));
      const what = struck.join();
      expect(struck, what).toHaveLength(1);
      expect([201, 503], what).toContain(done.status);
      await forget("apr_none", cast());
      const listed = await listBelow(top);
      expect(await rowsBelow(name), what).toBe(listed.length);
      if (done.status === 201) expect(listed, what).toHaveLength(1);
      const [there] = listed;
      if (there !== undefined) {
        expect(await leavesOf("agent.delegated", there.id), what).toHaveLength(1);
        expect(await outcome(await sendBelow(top, { name })), what).toEqual([400, "invalid_request"]);
        expect((await endBelow(top, there.id)).status, what).toBe(204);
      }
      expect(
        (await below(top, { name })).chain.map((one) => one.name),
        what,
      ).toEqual([top.name, name]);
    }
    await checkLog();
  });
});

async function prepared() {
  const top = await planner();
  const one = await below(top, { name: `helper of ${top.name}` });
  const two = await below(one, { name: `scout of ${top.name}` });
  return { top, one, two, pending: (await ask(two)).request_id };
}

describe("ending one with somebody below it", () => {
  it("writes this, in this order", async () => {
    const { top, one } = await prepared();
    const { done, seen } = await withFaults([], async (plan) => {
      const answer = await endBelow(top, one.id);
      await expect.poll(() => plan.seen.length).toBe(APPEND.length + CANCEL.length);
      return answer;
    });
    expect(done.status).toBe(204);
    expect(seen.map(({ name }) => name)).toEqual([...APPEND, ...CANCEL]);
  });

  it("holds once it is written, for everybody below it, and the same again finishes it", async () => {
    for (const fault of [...APPEND_FAULTS, NOT_REACHED]) {
      const { top, one, two, pending } = await prepared();
      const { done, struck } = await withFaults([fault], async (plan) => {
        const answer = await endBelow(top, one.id);
        await expect.poll(() => plan.struck).toHaveLength(1);
        return answer;
      });
      const what = struck.join();
      const isEnded = (await leavesOf("agent.revoked", one.id)).length === 1;
      if (done.status === 204) expect(isEnded, what).toBe(true);
      else expect(done.status, what).toBe(503);
      const gone = [401, "unauthorized"];
      for (const agent of [one, two]) {
        const told = await outcome(await askFor(agent, { idempotency_key: "after" }));
        expect(told, what).toEqual(isEnded ? gone : [201, undefined]);
      }
      await forget(pending, cast());
      expect((await endBelow(top, one.id)).status, what).toBe(204);
      expect(await outcome(await read(two, pending)), what).toEqual(gone);
      expect(await leavesOf("agent.revoked", one.id), what).toHaveLength(1);
      // The round writes down who ended with it.
      await endOverdueAgents(env);
      expect(await leavesOf("agent.revoked", two.id), what).toHaveLength(1);
    }
    await checkLog();
  });
});

it("a stop from above holds once it is written, for everybody below, whatever fails", async () => {
  const { person } = cast();
  for (const fault of [...APPEND_FAULTS, NOT_REACHED]) {
    const { top, one, two, pending } = await prepared();
    const { done, struck } = await withFaults([fault], async (plan) => {
      const answer = await stop(person, top.id);
      await expect.poll(() => plan.struck).toHaveLength(1);
      return answer;
    });
    const what = struck.join();
    const isWritten = (await stops(person)).agents.some(({ id }) => id === top.id);
    if (done.status === 204) expect(isWritten, what).toBe(true);
    for (const agent of [one, two])
      expect(await outcome(await askFor(agent, { idempotency_key: "after" })), what).toEqual(
        isWritten ? [403, "agent_stopped"] : [201, undefined],
      );
    await forget(pending, cast());
    expect((await stop(person, top.id)).status, what).toBe(204);
    expect(await outcome(await read(two, pending)), what).toEqual([403, "agent_stopped"]);
  }
  await checkLog();
});
