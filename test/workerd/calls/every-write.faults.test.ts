/**
 * Every write on the way of a gated call fails, in every way, and whoever collects it comes again. The server never sees it twice; and that
 * it is not known what became of it is told just where `sending` is stored, no answer is, and whoever sent it is gone.
 */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { type End, type Fault, type How, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { alarmOf, expectAtRest, later, runAlarm, service, stored, stub, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { approvedCall, DONE_TEXT, objectOfCall, resetWorld, timesCalled, world } from "#test/workerd/support/gated-calls.ts";

const cast = service();
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});

const run = async (id: string) => objectOfCall(id).runCall(cast().agent.id, null);
const ran = (id: string) => run(id).catch(() => "no answer");

const HAND_OVER = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];
/** The first is the claim. */
const CLAIM = ["approval: transaction", ...HAND_OVER];
const [SENDING, ENDED] = [CLAIM.length, CLAIM.length + 1];
/** The answer is stored, the log told, that is noted; the agent's record told, that is noted; and that somebody got it. */
const WRITES = [
  ...CLAIM,
  "approval: transaction",
  "approval: transaction",
  "approval: transaction",
  ...HAND_OVER,
  ...Array.from({ length: 3 }, () => "approval: transaction"),
];

const HOWS: How[] = ["absent", "present"];

/** What has to become of it, and how often the server may see it. */
function expected({ at, how, end }: Fault): { status: "answered" | "unknown"; times: number } {
  if (at === SENDING && how === "present" && end === "dies") return { status: "unknown", times: 0 };
  if (at === ENDED && how === "absent" && end === "dies") return { status: "unknown", times: 1 };
  return { status: "answered", times: 1 };
}

describe("an approved call that is collected", () => {
  it("writes this, in this order", async () => {
    const id = await approvedCall(cast());
    const { done, seen } = await withFaults([], () => run(id));
    expect(done).toMatchObject({ status: "answered", replayed: false });
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  const faults = WRITES.flatMap((name, at) => {
    const ends: End[] = ["goes on", "dies"];
    return HOWS.flatMap((how) => ends.map((end) => ({ name, fault: { at, how, end } })));
  });

  it.each(faults)("$fault.at $name: $fault.how, and $fault.end", async ({ fault }) => {
    const id = await approvedCall(cast());
    const { struck } = await withFaults([fault], () => ran(id));
    expect(struck).toHaveLength(1);
    // Its storage is taken away from an instance that dies; whoever comes then gets another one.
    await expect.poll(() => ran(id)).not.toBe("no answer");
    const { status, times } = expected(fault);
    const again = await run(id);
    expect(again.status).toBe(status);
    if (again.status === "answered") expect(again.answer).toEqual({ result: DONE_TEXT });
    expect(await timesCalled()).toBe(times);

    // Whatever is left is told by the alarm, once.
    for (let alarms = 0; alarms < 4; alarms++) {
      later(120);
      await runAlarm(id);
    }
    expect(await run(id)).toMatchObject({ status });
    expect(await timesCalled()).toBe(times);
    const leaf = status === "unknown" ? "unknown" : "outcome";
    expect(await leavesOf(id)).toEqual(["final", "redeemed", leaf]);
    expect(new Set(world.settled.map(({ call }) => JSON.stringify(call))).size).toBe(1);
    expect(world.settled[0]?.call.status).toBe(status === "unknown" ? "unknown" : "succeeded");
    expect((await verified(cast(), id)).outcome?.status).toBe(status === "unknown" ? "unknown" : "succeeded");
    // An hour later nothing is left to do but to go to the archive.
    later(3_600);
    await runAlarm(id);
    await expectAtRest(id);
  });
});

describe("nobody comes again after the object has died", () => {
  it.each([
    { name: "claimed", at: 0, leaves: ["final", "redeemed", "outcome"], settled: { status: "failed", code: "deadline_passed" }, times: 0 },
    { name: "on its way", at: SENDING, leaves: ["final", "redeemed", "unknown"], settled: { status: "unknown" }, times: 0 },
    { name: "answered", at: ENDED, leaves: ["final", "redeemed", "outcome"], settled: { status: "succeeded" }, times: 1 },
  ])("$name: the alarm tells log and record", async ({ at, leaves, settled, times }) => {
    const id = await approvedCall(cast());
    await withFaults([{ at, how: "present", end: "dies" }], () => ran(id));
    await expect.poll(() => alarmOf(id).catch(() => null)).not.toBeNull();
    for (let alarms = 0; alarms < 6; alarms++) {
      later(1_800);
      await runAlarm(id);
    }
    expect(await leavesOf(id)).toEqual(leaves);
    expect(world.settled).toMatchObject([{ call: settled }]);
    expect(await timesCalled()).toBe(times);
    await expectAtRest(id);
  });

  it("the agent's record is away: it is told until it knows, and the answer is as good", async () => {
    const id = await approvedCall(cast());
    world.keepsRecord = false;
    expect(await run(id)).toMatchObject({ status: "answered" });
    await objectOfCall(id).collected(cast().agent.id);
    later(60);
    await runAlarm(id);
    expect(world.settled).toEqual([]);
    await evictDurableObject(stub(id));
    world.keepsRecord = true;
    later(60);
    await runAlarm(id);
    expect(world.settled).toMatchObject([{ call: { status: "succeeded", result: DONE_TEXT } }]);
    expect(await stored(id)).not.toBeNull();
    later(60);
    await runAlarm(id);
    await expectAtRest(id);
  });
});
