/**
 * Every write on the way of an ask that passes by a grant fails, in every way, and the agent asks again, or never does: one use is spent for
 * it and no more, it passes, and its receipt proves by what.
 */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { parseReceipt, verifyReceipt } from "#countersign/verifier.ts";
import { outage, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";
import { alarmOf, later, runAlarm, service, stub } from "#test/workerd/faults/journeys.ts";
import { leavesOf } from "#test/workerd/faults/logged.ts";
import { askFor, decided, receiptOf, viewOf } from "#test/workerd/support/approvals.ts";
import { freely, grantsOf, REMEMBERED, revoke } from "#test/workerd/support/grants/grants.ts";
import { makeAgent, ORIGIN } from "#test/workerd/support/people.ts";
import { policyOf, publish } from "#test/workerd/support/policies.ts";

const cast = service();
let agent = { id: "", name: "", key: "" };
/** The request that its grant was given with. */
let giving = "";
beforeAll(async () => {
  await publish(cast().person, policyOf([REMEMBERED]));
});

const body = (replicas: number, key: string) => ({
  action: "Scale the service",
  payload: { service: "api", replicas },
  tool: "scale_replicas",
  idempotency_key: key,
});

/** An agent with a grant of its own, so that its uses are those of one test. */
async function granted(uses = 3): Promise<void> {
  agent = await makeAgent(cast().person, `bot-${crypto.randomUUID().slice(0, 8)}`);
  const asked = await (await askFor(agent, body(3, crypto.randomUUID()))).json<AgentView>();
  giving = asked.request_id;
  await decided(cast().person, giving, "approved", { grant: freely(undefined, uses) });
}

const only = async () => {
  const [grant] = await grantsOf(cast().person, `?agent=${agent.id}`);
  if (grant === undefined) throw new Error("no grant");
  return grant;
};
const asks = (key: string) => askFor(agent, body(8, key)).catch(() => null);
const idOf = async (): Promise<string | undefined> =>
  (
    await env.DB.prepare("SELECT id FROM approval WHERE agent_id = ?1 AND id <> ?2").bind(agent.id, giving).first<{
      id: string;
    }>()
  )?.id;

const HAND_OVER = ["call: append of the log", "D1: batch, insert into log_leaf", "log: put anchor", "approval: transaction"];
const WRITES = [
  "call: readText of the approval",
  "D1: batch, insert into approval",
  "call: open of the approval",
  // The claim is durable, then in the log, then what it lets pass is stored, then that is in the log.
  "approval: transaction",
  ...HAND_OVER,
  ...HAND_OVER,
];

async function expectPassedOnce(id: string): Promise<void> {
  expect(await viewOf(agent, id)).toMatchObject({ status: "approved", basis: "grant" });
  expect(await only()).toMatchObject({ used: 1, used_for: [{ use: 1, request_id: id }] });
  expect(await leavesOf(id)).toEqual(["final"]);
  const receipt = parseReceipt(await receiptOf(agent, id));
  if (!receipt.ok) throw new Error(receipt.refusal.message);
  const verified = await verifyReceipt(receipt.value, { vkey: cast().vkey, origin: ORIGIN, allowBasis: ["grant"] });
  expect(verified).toMatchObject({ ok: true });
}

describe("an ask that a grant lets pass", () => {
  it("writes this, in this order", async () => {
    await granted();
    const { done, seen } = await withFaults([], () => asks("first"));
    expect(await done?.json()).toMatchObject({ status: "approved", basis: "grant" });
    expect(seen.map(({ name }) => name)).toEqual(WRITES);
  });

  it.each(faultsOf(WRITES))("$at $name: $how, and $end", async (fault) => {
    await granted();
    const key = crypto.randomUUID();
    const { struck } = await withFaults([fault], () => asks(key));
    expect(struck).toHaveLength(1);
    let status = 0;
    for (let tries = 0; tries < 5 && status !== 200 && status !== 201; tries++) {
      later(2);
      status = (await asks(key))?.status ?? 0;
    }
    const id = (await idOf()) ?? "";
    for (let alarms = 0; alarms < 3; alarms++) {
      later(120);
      await runAlarm(id);
    }
    await expectPassedOnce(id);
  });
});

describe("nobody asks again", () => {
  it.each([
    ["the claim is stored", 3],
    ["its use is in the log", 5],
    ["what it lets pass is stored", 7],
  ] as const)("the object dies when %s: its alarm goes on", async (_, at) => {
    await granted();
    await withFaults([{ at, how: "present", end: "dies" }], () => asks(crypto.randomUUID()));
    const id = (await idOf()) ?? "";
    await expect.poll(() => alarmOf(id).catch(() => null)).not.toBeNull();
    for (let alarms = 0; alarms < 4; alarms++) {
      later(120);
      await runAlarm(id);
    }
    await expectPassedOnce(id);
  });

  it("the log is away meanwhile: the claim waits for it", async () => {
    await granted();
    outage.commits = true;
    expect((await asks("away"))?.status).not.toBe(201);
    const id = (await idOf()) ?? "";
    later(60);
    await runAlarm(id);
    expect(await only()).toMatchObject({ used: 0 });
    await evictDurableObject(stub(id));
    outage.commits = false;
    for (let alarms = 0; alarms < 3; alarms++) {
      later(120);
      await runAlarm(id);
    }
    await expectPassedOnce(id);
  });

  it("and revoked meanwhile: nothing passes, and whoever asks again asks people", async () => {
    await granted();
    outage.commits = true;
    await asks("revoked");
    const id = (await idOf()) ?? "";
    outage.commits = false;
    expect((await revoke(cast().person, (await only()).id)).status).toBe(204);
    later(60);
    await runAlarm(id);
    const again = await (await asks("revoked"))?.json();
    expect(again).toMatchObject({ request_id: id, status: "pending" });
    expect(await only()).toMatchObject({ used: 0, ended_by: "revoked" });
  });
});
