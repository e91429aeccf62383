/**
 * Every write on the way of a call with a preview fails, in every way, before people are asked and when it is sent. What was called first may be
 * called again; the call itself reaches its server once at most, and never without its preview having been the same.
 */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCall } from "#gate/calls/open-call.ts";
import { withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { later, runAlarm, service, stored, verified } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { decided } from "#test/workerd/support/approvals.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  approvalPortsNow,
  asking,
  objectOfCall,
  openedCall,
  resetWorld,
  timesCalled,
  wantedWithPreview,
  world,
} from "#test/workerd/support/gated-calls.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();
beforeAll(async () => {
  const plans = { name: "plans", match: { source: "call", tool: "plan" }, effect: "allow", risk: "low", limits: { per_minute: 1_000 } };
  const preview = { tool: "plan", args: '{"service": args.service, "plan": args.plan}', pick: "result.structuredContent" };
  await publish(
    cast().person,
    policyOf([plans, { name: "deploys", match: { source: "call", tool: "deploy" }, effect: "require_approval", preview }]),
  );
});
beforeEach(async () => {
  resetWorld();
  await receivers.reset();
});

const HAND_OVER = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];
const run = (id: string) => objectOfCall(id).runCall(cast().agent.id, null);

describe("before people are asked", () => {
  /** That it was called, and how that ended; then the request. */
  const WRITES = ["activity: transaction", "activity: transaction", "approval: transaction"];

  it("writes this, in this order", async () => {
    const { seen } = await withFaults([], () => openedCall(cast(), wantedWithPreview(cast())));
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("$at $name: $how, and $end", async (fault) => {
    const call = wantedWithPreview(cast());
    const open = () => openCall(call, asking(cast().agent, cast().person), approvalPortsNow());
    const { struck } = await withFaults([fault], () => open().catch(() => null));
    expect(struck).toHaveLength(1);
    await expect.poll(async () => (await open().catch(() => null))?.ok).toBe(true);
    expect((await stored(call.requestId))?.call?.preview?.shown).toBe('{"rows":12}');
    expect(await timesCalled("plan")).toBeGreaterThanOrEqual(1);
    expect(await timesCalled()).toBe(0);
  });
});

describe("when it is sent", () => {
  /** The same of the preview; then as any approved call. */
  const PREVIEW = ["activity: transaction", "activity: transaction"];
  const CLAIM = ["approval: transaction", ...HAND_OVER];
  const [SENDING, ENDED] = [PREVIEW.length + CLAIM.length, PREVIEW.length + CLAIM.length + 1];
  const THREE = Array.from({ length: 3 }, () => "approval: transaction");
  const WRITES = [...PREVIEW, ...CLAIM, ...THREE, ...HAND_OVER, ...THREE];

  it("writes this, in this order", async () => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    await decided(cast().person, id, "approved");
    const { seen } = await withFaults([], () => run(id));
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("$at $name: $how, and $end", async (fault) => {
    const id = await openedCall(cast(), wantedWithPreview(cast()));
    await decided(cast().person, id, "approved");
    const { struck } = await withFaults([fault], () => run(id).catch(() => "no answer"));
    expect(struck).toHaveLength(1);
    await expect
      .poll(() =>
        run(id).then(
          ({ status }) => status,
          () => "no answer",
        ),
      )
      .toMatch(/answered|unknown/);
    for (let alarms = 0; alarms < 4; alarms++) {
      later(120);
      await runAlarm(id);
    }
    const { status } = await run(id);
    const isUnknown =
      fault.end === "dies" && ((fault.at === SENDING && fault.how === "present") || (fault.at === ENDED && fault.how === "absent"));
    expect(status).toBe(isUnknown ? "unknown" : "answered");
    expect(await timesCalled()).toBe(isUnknown && fault.at === SENDING ? 0 : 1);
    expect(await timesCalled("plan")).toBeGreaterThanOrEqual(2);
    expect(await leavesOf(id)).toEqual(["final", "redeemed", status === "unknown" ? "unknown" : "outcome"]);
    expect(new Set(world.settled.map(({ call }) => JSON.stringify(call))).size).toBe(1);
    expect((await verified(cast(), id)).outcome?.status).toBe(status === "unknown" ? "unknown" : "succeeded");
  });
});
