/** Telling, under every single fault: nothing is lost, and whoever is told twice can tell by the id. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type Agent, askFor, decided, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { HOOKS, MAIL, messages, putContact, putMail, putWebhook } from "#test/workerd/support/channels/channels-in-force.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";
import { deploy, HOWS, withFaults } from "#test/workerd/faults/fault-plan.ts";
import { faultsOf } from "#test/workerd/faults/faults-of.ts";

const TELLING = [
  // The test's own, which calls the alarm.
  "approval: deleteAlarm",
  "approval: setAlarm",
  "D1: batch, insert or ignore",
  "D1: batch, update message set",
  "approval: transaction",
  "approval: setAlarm",
];

let alex: Someone;
let agent: Agent;
let n = 0;

beforeAll(async () => {
  deploy({ NOTICES: undefined });
  ({ person: alex, agent } = await personAndAgent());
  await putWebhook(["request.opened", "approval.denied"]);
  await putContact(alex.id, await putMail(), "alex@example.com");
});
beforeEach(async () => {
  await receivers.reset();
  await receivers.answer(HOOKS, { status: 204 });
  await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
});
afterEach(() => vi.useRealTimers());
afterAll(async () => {
  deploy({});
  await emptyStorage();
});

const stub = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));
/** Few enough that none is folded into others. */
async function asked(): Promise<string> {
  await env.DB.prepare("DELETE FROM message").run();
  const answer = await askFor(agent, { idempotency_key: `key ${n++}` });
  return (await answer.json<AgentView>()).request_id;
}
/** The hold of whoever died is over, and every pause between attempts. */
const later = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 90_000 });
/** The alarm, as the platform calls it: again, if the object died of it. */
const alarm = async (id: string): Promise<void> => void (await runDurableObjectAlarm(stub(id)).catch(() => false));
async function untilTold(id: string, many: number, what: string): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    await runInDurableObject(stub(id), (_, { storage }) => storage.setAlarm(Date.now()));
    await alarm(id);
    if ((await messages(`request_id = '${id}' AND state = 'sent'`)).length === many) return;
    later();
  }
  expect(await messages(`request_id = '${id}'`), what).toEqual([]);
}
/** What arrived: of each message once, or again under the same id. */
async function arrived(host: string, id: string, header: string): Promise<{ times: number; ids: number }> {
  const of = (await receivers.requests(host)).filter(({ body }) => body.includes(id));
  return { times: of.length, ids: new Set(of.map(({ headers }) => headers[header])).size };
}

describe("an ask is told by its object's alarm", () => {
  it("which writes this, in this order", async () => {
    const id = await asked();
    const { seen } = await withFaults([], () => alarm(id));
    expect(seen.map(({ name }) => name)).toEqual(TELLING);
    expect((await viewOf(agent, id)).notified_at).toMatch(/^2/);
  });

  it("and every write of it fails: everybody is told, nobody twice without knowing", async () => {
    for (const fault of faultsOf(TELLING, (name) => !name.startsWith("call")).filter(({ at }) => at > 0)) {
      const id = await asked();
      const { struck } = await withFaults([fault], () => alarm(id));
      const what = struck.join();
      expect(struck).toHaveLength(1);
      later();
      await untilTold(id, 2, what);
      for (const [host, header] of [
        [HOOKS, "webhook-id"],
        [MAIL, "idempotency-key"],
      ] as const) {
        const { times, ids } = await arrived(host, id, header);
        expect([ids, times >= 1 && times <= 2], `${what} ${host}`).toEqual([1, true]);
      }
      await expect.poll(async () => (await viewOf(agent, id)).notified_at, { message: what }).toMatch(/^2/);
      vi.useRealTimers();
    }
  });
});

describe("an end is told", () => {
  it("in the batch of its leaf, whatever becomes of what is told after it", async () => {
    for (const how of HOWS) {
      const id = await asked();
      await untilTold(id, 2, "asked");
      const { struck } = await withFaults([{ at: "D1: batch, insert into log_leaf", how, end: "dies" }], async () => {
        await decided(alex, id, "denied").catch(() => undefined);
      });
      later();
      await untilTold(id, 3, struck.join());
      // The time of whoever was sending it may be over in the middle of that.
      const { times, ids } = await arrived(HOOKS, id, "webhook-id");
      expect([ids, times <= 3], struck.join()).toEqual([2, true]);
      vi.useRealTimers();
    }
  });
});
