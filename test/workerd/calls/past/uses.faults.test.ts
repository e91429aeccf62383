/** Every write of a use that the past is asked about fails, and the agent comes again: it is used once, and counts as often. */
import { beforeAll, describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { keyOf } from "#countersign/policy/judging/past/question.ts";
import { ask, askFor, decided } from "#test/workerd/support/approvals.ts";
import { DAY_MS, keptPast } from "#test/workerd/support/calls/past.ts";
import { approvedCall, objectOfCall, resetWorld, timesCalled, wanted } from "#test/workerd/support/gated-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { call, outcome } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { ENDS, HOWS, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { later, runAlarm, service } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";

const cast = service();
const most = { name: "most", match: { tool: "pay", when: 'history.count("pay", "30d") >= 1000' }, effect: "deny" };
const asks = { name: "asks", match: { tool: "pay" }, effect: "require_approval" };
const rest = { name: "rest", match: {}, effect: "require_approval" };
beforeAll(() => putInForce(policyOf([most, asks, rest], { defaults: { separation: false } })));

const pay = (key: string): Promise<Response> => askFor(cast().agent, { tool: "pay", payload: { amount: 1 }, idempotency_key: key });
const redeem = (id: string): Promise<Response> => {
  const body = { payload: { amount: 1 }, idempotency_key: "once" };
  return call("POST", `/api/v1/approvals/${id}/redeem`, { key: cast().agent.key, origin: null, body });
};
const approved = async (key: string): Promise<string> => {
  const { request_id: id } = await ask(cast().agent, { tool: "pay", payload: { amount: 1 }, idempotency_key: key });
  await decided(cast().person, id, "approved");
  return id;
};
const timesKept = async (id: string) => (await keptPast(cast().agent)).filter(({ key }) => key === id || key.startsWith(`${id}:`)).length;
const PAST = ["call: past of the activity", "activity: transaction"];
const LOGGED = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];

describe("an approval that is redeemed", () => {
  const writes = ["call: redeemFor of the approval", ...PAST, "approval: transaction", "call: learn of the activity", ...LOGGED];

  it("is counted before that is stored", async () => {
    // What was before is read once.
    await redeem(await approved("before"));
    const id = await approved("first");
    const { seen } = await withFaults([], () => redeem(id));
    const names = seen.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(writes.slice(0, 4));
    expect(names.toSorted()).toEqual([...writes, "activity: transaction"].toSorted());
    expect(await timesKept(id)).toBe(1);
  });

  it("whatever fails of it: the same call again redeems it, and it counts once", async () => {
    for (const fault of faultsOf(writes).filter(({ at }) => at > 0)) {
      const id = await approved(JSON.stringify(fault));
      const { done, struck } = await withFaults([fault], () => redeem(id));
      expect(struck).toHaveLength(1);
      if (done.status !== 200) expect(await outcome(done), struck.join()).toEqual([503, "unavailable"]);
      later(2);
      await expect.poll(async () => (await redeem(id)).status, { message: struck.join() }).toBe(200);
      expect(await leavesOf(id)).toEqual(["final", "redeemed"]);
      expect(await timesKept(id), struck.join()).toBe(1);
    }
  });

  it("is refused where its agent's past cannot be asked about, and what is left out afterwards counts on if that is not heard", async () => {
    const id = await approved("unheard");
    const wrong = () =>
      call("POST", `/api/v1/approvals/${id}/redeem`, { key: cast().agent.key, origin: null, body: { payload: { amount: 2 } } });
    for (const how of HOWS) {
      await withFaults([{ at: "call: leaveOut of the activity", how, end: "goes on" }], async () => {
        expect((await wrong()).status).toBe(422);
      });
      expect(await timesKept(id)).toBe(how === "absent" ? 1 : 0);
    }
    for (const how of HOWS) {
      const { done } = await withFaults([{ at: "call: past of the activity", how, end: "goes on" }], () => redeem(id));
      expect(await outcome(done)).toEqual([503, "unavailable"]);
      expect(await leavesOf(id)).toEqual(["final"]);
    }
    expect((await redeem(id)).status).toBe(200);
    expect(await timesKept(id)).toBe(1);
  });
});

describe("an ask of an agent whose past cannot be asked about", () => {
  it("is not opened; what waits for people is asked about all the same if only its being left out is not heard", async () => {
    for (const how of HOWS) {
      const { done } = await withFaults([{ at: "call: past of the activity", how, end: "goes on" }], () => pay(`away ${how}`));
      expect(await outcome(done)).toEqual([503, "unavailable"]);
      const again = await pay(`away ${how}`);
      expect(again.status).toBe(201);
      const { request_id: id } = await again.json<AgentView>();
      expect(await timesKept(id)).toBe(0);
    }
    for (const how of HOWS) {
      const { done } = await withFaults([{ at: "call: leaveOut of the activity", how, end: "goes on" }], () => pay(`left ${how}`));
      expect(done.status).toBe(201);
      const { request_id: id } = await done.json<AgentView>();
      expect(await timesKept(id)).toBe(how === "absent" ? 1 : 0);
    }
  });
});

describe("an approved call that the gate makes", () => {
  it("counts once and is sent at most once, whatever fails where it is claimed", async () => {
    resetWorld();
    await receivers.reset();
    const counting = { name: "all", match: { tool: "deploy", when: 'history.count("deploy", "30d") >= 1000' }, effect: "deny" };
    const version = await putInForce(policyOf([counting, { ...rest, match: { source: "call" } }], { defaults: { separation: false } }));
    const run = (id: string) => Promise.resolve(objectOfCall(id).runCall(cast().agent.id, null)).catch(() => "no answer");
    // What its admission was told.
    const answers = { [keyOf({ ask: "count", tool: "deploy", within: 30 * DAY_MS })]: 0 };
    const approvedOne = () => approvedCall(cast(), { ...wanted(), past: { version, answers } });
    await run(await approvedOne());
    const before = await timesCalled();
    let calls = 0;
    for (const how of HOWS) {
      for (const end of ENDS) {
        for (const at of [0, 1, 2, 3]) {
          const id = await approvedOne();
          const { struck } = await withFaults([{ at, how, end }], () => run(id));
          expect(struck).toHaveLength(1);
          await expect.poll(() => run(id), { message: struck.join() }).toMatchObject({ status: "answered" });
          expect(await timesKept(id), struck.join()).toBe(1);
          expect(await timesCalled(), struck.join()).toBe(before + ++calls);
          later(120);
          await runAlarm(id);
        }
      }
    }
  });
});
