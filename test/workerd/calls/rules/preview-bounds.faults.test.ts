/** How often a preview is called once people have decided: before the call is sent, and not again and again where only people can help. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fault, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { later, runAlarm, service } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { type Agent, decided } from "#test/workerd/support/approvals.ts";
import { handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { objectOfCall, openedCall, resetWorld, timesCalled, wantedWithPreview, world } from "#test/workerd/support/gated-calls.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();
const PLANS = { name: "plans", match: { source: "call", tool: "plan" }, effect: "allow", risk: "low" };
const DEPLOYS = {
  name: "deploys",
  match: { source: "call", tool: "deploy" },
  effect: "require_approval",
  preview: { tool: "plan", args: '{"service": args.service, "plan": args.plan}', pick: "result.structuredContent" },
  execute: "on_approval",
};
const inForce = (...rules: object[]) => publish(cast().person, policyOf(rules));

let agent: Agent;
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
  await inForce(PLANS, DEPLOYS);
  agent = await makeAgent(cast().person, `bot-${crypto.randomUUID()}`);
});
afterEach(() => receivers.release());

const run = (id: string) => objectOfCall(id).runCall(agent.id, null);
const stands = async (id: string) => (await objectOfCall(id).callState(agent.id))?.run.status;
const opened = () => openedCall({ person: cast().person, agent }, wantedWithPreview({ person: cast().person, agent }));
async function previews(): Promise<number> {
  await handedOver(agent);
  return (await recorded(agent)).filter(({ record }) => record.method === "preview").length;
}
async function alarms(id: string): Promise<void> {
  for (let ran = 0; ran < 4; ran++) {
    later(300);
    await runAlarm(id);
  }
}

describe("a call that is sent on approval", () => {
  it.each([
    ["what people approved is refused by now", [PLANS, { ...DEPLOYS, effect: "deny", preview: undefined, execute: undefined }]],
    ["its preview is not let pass by now", [DEPLOYS]],
  ])("and %s: its preview is asked for once, and then it waits for its agent", async (_, rules) => {
    const id = await opened();
    await inForce(...rules);
    await decided(cast().person, id, "approved");
    await expect.poll(previews).toBe(2);
    await alarms(id);
    expect(await previews()).toBe(2);
    await inForce(PLANS, DEPLOYS);
    await alarms(id);
    expect([await stands(id), await previews(), await timesCalled()]).toEqual(["not-sent", 2, 0]);
    expect(await leavesOf(id)).toEqual(["final"]);
    expect(await run(id)).toMatchObject({ status: "answered" });
    expect([await previews(), await timesCalled()]).toEqual([3, 1]);
  });

  it("that waits for its agent ends with its time", async () => {
    const id = await opened();
    await inForce(DEPLOYS);
    await decided(cast().person, id, "approved");
    await expect.poll(previews).toBe(2);
    later(7_200);
    await runAlarm(id);
    expect(world.settled).toMatchObject([{ call: { status: "expired", code: "deadline_passed" } }]);
  });
});

it("a preview is called once while the log does not take the claim, and again before the call is sent", async () => {
  await inForce(PLANS, { ...DEPLOYS, execute: undefined });
  const id = await opened();
  await decided(cast().person, id, "approved");
  const fails: Fault = { at: "call: append of the log", how: "absent", end: "goes on" };
  const { struck } = await withFaults(
    Array.from({ length: 20 }, () => fails),
    async () => {
      for (let tries = 0; tries < 3; tries++) expect(await run(id)).toMatchObject({ status: "refused", code: "unavailable" });
    },
  );
  expect(struck.length).toBeGreaterThanOrEqual(3);
  expect([await timesCalled("plan"), await timesCalled()]).toEqual([2, 0]);
  expect(await run(id)).toMatchObject({ status: "answered" });
  expect([await timesCalled("plan"), await timesCalled()]).toEqual([3, 1]);
});
