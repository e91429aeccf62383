/** What agents below others use of the platform, exactly: nothing more than others where no rule has limits, and then one call of one object. */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { AgentActivity, ApprovalRequest, LogSequencer } from "#worker.ts";
import { type Agent, ask } from "#test/workerd/support/approvals.ts";
import { below, endBelow, listBelow, type MadeBelow } from "#test/workerd/support/agents/below.ts";
import { admitted, NO_LIMITS } from "#test/workerd/support/calls/agent-calls.ts";
import { enrolFirst, makeAgent } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";

let top: Agent;
let alone: Agent;
let one: MadeBelow;
let meter: PlatformMeter;
beforeAll(async () => {
  const alex = await enrolFirst();
  [top, alone] = [await makeAgent(alex, "planner"), await makeAgent(alex, "alone")];
  one = await below(top, { name: "one" });
  // A day ahead would be past its end; alarms of objects come within seconds at the earliest.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  for (const agent of [top, alone, one]) await admitted(agent);
  meter = new PlatformMeter(env.DB, { AgentActivity, ApprovalRequest, LogSequencer });
});
afterAll(() => void vi.useRealTimers());
beforeEach(() => void meter.take());

const used = () => {
  const { d1Trips, d1RowsWritten, objectRequests } = meter.take();
  return { d1Trips, d1RowsWritten, objectRequests };
};

it("a call below without limits is a call as any other", async () => {
  await admitted(alone);
  const plain = used();
  await admitted(one);
  expect(used()).toEqual(plain);
});

it("with limits one call more of one object, that of the agent at the top, however deep", async () => {
  const two = await below(one, { name: "two" });
  await admitted(two);
  const limits = { rule: "few", most: { ...NO_LIMITS, perDay: 10 } };
  used();
  await admitted(alone, { limits });
  const plain = used();
  expect(plain.objectRequests).toEqual({ "AgentActivity.admit": 1 });
  for (const agent of [one, two]) {
    await admitted(agent, { limits });
    expect(used().objectRequests).toEqual({ "AgentActivity.admit": 1, "AgentActivity.countAsk": 1 });
  }
});

it("an ask below is an ask as any other", async () => {
  // What each asks first has a set of people to be noted.
  for (const agent of [alone, one]) await ask(agent, { action: "Before" });
  used();
  await ask(alone);
  const plain = used();
  await ask(one);
  expect(used()).toEqual(plain);
});

it("making one: its leaf, its row, one for each above; listing: one trip", async () => {
  const made = await below(one, { name: "three" });
  expect(used()).toMatchObject({ objectRequests: { "LogSequencer.append": 1 } });
  await listBelow(top);
  expect(used()).toMatchObject({ d1RowsWritten: 0, objectRequests: {} });
  expect((await endBelow(one, made.id)).status).toBe(204);
  expect(used().objectRequests).toEqual({ "LogSequencer.append": 1, "AgentActivity.forget": 1 });
});
