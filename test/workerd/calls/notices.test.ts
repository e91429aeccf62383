/** What was unusual about calls: told with their record, once, and gone with it. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import worker from "#worker.ts";
import type { Agent } from "#test/workerd/support/approvals.ts";
import { admitted, callsOf, ending, handedOver, recorded } from "#test/workerd/support/calls/agent-calls.ts";
import { enrolFirst, makeAgent, type Someone } from "#test/workerd/support/people.ts";

let alex: Someone;
beforeAll(async () => {
  alex = await enrolFirst();
});
afterEach(() => void vi.useRealTimers());

const noticesOf = async ({ id }: Agent) =>
  (await env.AUDIT.prepare("SELECT * FROM notice WHERE agent = ? ORDER BY number").bind(id).all()).results;

const REASONS = ["The agent has not used this tool before.", "It calls at an hour at which it has not called before."];

it("stands beside the record of what passed and of what was held, and of nothing else", async () => {
  const agent = await makeAgent(alex, "noticed-bot");
  const passed = await admitted(agent, { notice: { score: 35, reasons: REASONS, isHeld: false } });
  const plain = await admitted(agent, { notice: null });
  await admitted(agent, {
    facts: { status: "pending_approval", tool: "delete_file", rule: "deletes" },
    notice: { score: 70, reasons: REASONS.slice(0, 1), isHeld: true },
  });
  for (const number of [passed, plain]) await callsOf(agent).settle(ending(number));
  await handedOver(agent);
  const [first] = await recorded(agent);
  const nobody = { looked_at: null, looked_by: null };
  expect(await noticesOf(agent)).toEqual([
    {
      agent: agent.id,
      number: 1,
      at: Date.parse(first?.record.at ?? ""),
      server: "files",
      tool: "read_file",
      rule: "reads",
      score: 35,
      reasons: JSON.stringify(REASONS),
      held: 0,
      ...nobody,
    },
    expect.objectContaining({ number: 3, tool: "delete_file", score: 70, reasons: JSON.stringify(REASONS.slice(0, 1)), held: 1 }),
  ]);
  // The record is as it was: what the log commits to says nothing of it.
  expect(JSON.stringify((await recorded(agent)).map(({ record }) => record))).not.toContain("not used this tool");
});

it("goes with the record of its call", async () => {
  const agent = await makeAgent(alex, "gone-bot");
  const notice = { score: 35, reasons: REASONS, isHeld: false };
  for (const keep of [{ what: "hash", days: null } as const, { what: "full", days: 3 } as const]) {
    await callsOf(agent).settle(ending(await admitted(agent, { notice, keep, arguments: keep.what === "full" ? "{}" : null })));
  }
  await handedOver(agent);
  expect(await noticesOf(agent)).toHaveLength(2);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 91 * 86_400_000 });
  await worker.scheduled(createScheduledController(), env);
  expect(await recorded(agent)).toEqual([]);
  expect(await noticesOf(agent)).toEqual([]);
});
