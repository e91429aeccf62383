/**
 * A call that is sent as soon as it is approved: nobody waits for it, and whatever fails on the way, the alarm takes it up. The server never
 * sees it twice, and what came of it is there for whoever collects it.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { alarmOf, expectAtRest, later, runAlarm, service, stored, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { openPage, send, signedDecision } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvedCall,
  DONE_TEXT,
  objectOfCall,
  openedCall,
  PIN,
  resetWorld,
  serverAt,
  timesCalled,
  wanted,
  world,
} from "#test/workerd/support/gated-calls.ts";
import { makeAgent } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";
import { stop } from "#test/workerd/support/stops.ts";
import { DEPLOY_TOOL } from "#test/support/calls/tool-server.ts";

const cast = service();
const RULE = { name: "deploys", match: { source: "call", tool: "deploy" }, effect: "require_approval", use_within: "10m" };
beforeAll(async () => {
  await publish(cast().person, policyOf([{ ...RULE, execute: "on_approval" }]));
});
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});
afterEach(() => receivers.release());

const run = (id: string) => objectOfCall(id).runCall(cast().agent.id, null);
const stands = async (id: string) => (await objectOfCall(id).callState(cast().agent.id))?.run.status;

describe("a call that is sent on approval", () => {
  it("is sent though nobody comes for it, and its answer waits for whoever does", async () => {
    const id = await approvedCall(cast());
    await expect.poll(() => stands(id)).toBe("answered");
    await expect.poll(() => world.settled.length).toBe(1);
    expect(await leavesOf(id)).toEqual(["final", "redeemed", "outcome"]);
    expect(world.settled).toMatchObject([{ call: { status: "succeeded", request: id } }]);
    expect(await run(id)).toEqual({ status: "answered", answer: { result: DONE_TEXT }, succeeded: true, replayed: false });
    expect(await run(id)).toMatchObject({ status: "answered", replayed: true });
    expect(await timesCalled()).toBe(1);
    later(3_600);
    await runAlarm(id);
    expect(await run(id)).toEqual({ status: "collected" });
    await expectAtRest(id);
  });

  it("is sent once, also for those who wait for it and come at the same moment", async () => {
    const id = await openedCall(cast());
    const page = await openPage(cast().person, id);
    const signed = await signedDecision(cast().person, page, "approved");
    expect((await send(cast().person, id, signed)).status).toBe(200);
    const all = await Promise.all([run(id), run(id), runAlarm(id), run(id)]);
    expect(all.filter((one) => typeof one === "object" && one.status === "answered")).toHaveLength(3);
    expect(await timesCalled()).toBe(1);
  });

  it("waits for its agent where its tool is not idempotent as it was accepted", async () => {
    const tool = { name: "deploy", pin: PIN, definition: { ...DEPLOY_TOOL, annotations: { readOnlyHint: false } } };
    const id = await approvedCall(cast(), { ...wanted(), tool });
    for (let alarms = 0; alarms < 3; alarms++) {
      later(60);
      await runAlarm(id);
    }
    expect(await stands(id)).toBe("not-sent");
    expect(await timesCalled()).toBe(0);
  });

  it("is tried again while its server is away, and not after it may be used", async () => {
    world.servers = [serverAt("/mcp", { url: "https://away.example/mcp" })];
    const [one, other] = [await approvedCall(cast()), await approvedCall(cast())];
    later(2);
    for (const id of [one, other]) await runAlarm(id);
    expect([await stands(one), await stands(other)]).toEqual(["not-sent", "not-sent"]);
    const lists = { body: JSON.stringify({ jsonrpc: "2.0", id: 1, result: { tools: [DEPLOY_TOOL] } }) };
    const answers = { body: JSON.stringify({ jsonrpc: "2.0", id: `countersign:${one}`, result: {} }) };
    const headers = { "content-type": "application/json" };
    await receivers.answer("away.example", { ...lists, headers }, { ...answers, headers });
    later(60);
    await runAlarm(one);
    await expect.poll(() => stands(one)).toBe("answered");
    later(600);
    for (let alarms = 0; alarms < 4; alarms++) {
      later(120);
      await runAlarm(other);
    }
    expect(await stands(other)).toBe("not-sent");
    expect(world.settled.map(({ call: { status, code } }) => [status, code])).toEqual([
      ["succeeded", null],
      ["expired", "deadline_passed"],
    ]);
    expect((await receivers.requests("away.example")).filter(({ body }) => body.includes("tools/call"))).toHaveLength(1);
  });

  it("is not sent once everything was stopped, and says so to whoever comes", async () => {
    const { person } = cast();
    const agent = await makeAgent(person, "stopped");
    world.servers = [serverAt("/mcp", { url: "https://away.example/mcp" })];
    const id = await approvedCall({ person, agent });
    expect((await stop(person, agent.id)).ok).toBe(true);
    later(60);
    await runAlarm(id);
    expect(await objectOfCall(id).runCall(agent.id, null)).toMatchObject({ status: "refused", code: "agent_stopped" });
    expect(await receivers.requests("away.example").then((all) => all.filter(({ body }) => body.includes("tools/call")))).toEqual([]);
  });
});

const HAND_OVER = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];

describe("every write from the approval on fails, and nobody comes", () => {
  /** The decision, and its end; the claim; that it is sent, what came of it, and that the log and the record know. */
  const WRITES = [
    "call: decide of the approval",
    "approval: transaction",
    ...HAND_OVER,
    "approval: transaction",
    ...HAND_OVER,
    ...Array.from({ length: 3 }, () => "approval: transaction"),
    ...HAND_OVER,
    ...Array.from({ length: 2 }, () => "approval: transaction"),
  ];
  const [SENDING, ENDED] = [11, 12];

  it("writes this, in this order", async () => {
    const id = await openedCall(cast());
    const page = await openPage(cast().person, id);
    const signed = await signedDecision(cast().person, page, "approved");
    const { seen } = await withFaults([], async (plan) => {
      await send(cast().person, id, signed);
      await expect.poll(() => plan.seen.length).toBe(WRITES.length);
    });
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("$at $name: $how, and $end", async (fault) => {
    const { person } = cast();
    const id = await openedCall(cast());
    const signed = await signedDecision(person, await openPage(person, id), "approved");
    const { struck } = await withFaults([fault], async (plan) => {
      await send(person, id, signed).catch(() => null);
      await expect.poll(() => plan.struck).toHaveLength(1);
    });
    expect(struck).toHaveLength(1);
    await expect.poll(() => alarmOf(id).catch(() => null)).not.toBeNull();
    // Whoever decided and heard that it failed decides again.
    if ((await stored(id))?.ending === null) await send(person, id, signed);
    for (let alarms = 0; alarms < 5; alarms++) {
      later(60);
      await runAlarm(id);
    }
    await expect.poll(() => stands(id).catch(() => null)).toMatch(/answered|unknown/);
    const isUnknown =
      fault.end === "dies" && ((fault.at === SENDING && fault.how === "present") || (fault.at === ENDED && fault.how === "absent"));
    expect(await stands(id)).toBe(isUnknown ? "unknown" : "answered");
    expect(await timesCalled()).toBe(isUnknown && fault.at === SENDING ? 0 : 1);
    await expect.poll(() => leavesOf(id)).toEqual(["final", "redeemed", isUnknown ? "unknown" : "outcome"]);
    await expect.poll(() => world.settled.length).toBeGreaterThan(0);
    expect(new Set(world.settled.map(({ call: settled }) => JSON.stringify(settled))).size).toBe(1);
    expect((await verified(cast(), id)).outcome?.status).toBe(isUnknown ? "unknown" : "succeeded");
  });
});
