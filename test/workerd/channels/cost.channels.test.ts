/** What telling uses of the platform, exactly: from what is to be told to what was answered, for a webhook and a person's mail. */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LogSequencer } from "#worker.ts";
import { readConfig } from "#config/config.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import { tellOf } from "#gate/channels/hand-over.ts";
import type { NoticeState } from "#rules/notices/outbox.ts";
import type { NoticeEvent } from "#rules/notices/routing.ts";
import { anEvent } from "#test/support/channels/routing-facts.ts";
import { personAndAgent } from "#test/workerd/support/approvals.ts";
import { HOOKS, MAIL, putContact, putMail, putWebhook, tally } from "#test/workerd/support/channels/channels-in-force.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { PlatformMeter } from "#test/workerd/support/platform-meter.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

let alex: Someone;
let meter: PlatformMeter;

beforeAll(async () => {
  await receivers.reset();
  await receivers.answer(HOOKS, { status: 204 });
  await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
  ({ person: alex } = await personAndAgent());
  await putWebhook(["request.*"]);
  await putContact(alex.id, await putMail(), "alex@example.com");
  meter = new PlatformMeter(env.DB, { LogSequencer });
});
afterAll(emptyStorage);

async function used(event: Partial<NoticeEvent>) {
  const expiresAt = "2099-01-01T00:00:00.000Z";
  const notices: NoticeState = {
    last: 1,
    outbox: [anEvent({ owner: alex.id, asks: [alex.id], ...event, request: { expiresAt } })],
    reminders: [],
    dueAt: null,
  };
  meter.take();
  await tellOf(anEvent().request.id, { notices: () => notices, told: () => undefined }, deliveryPorts(env, readConfig(env)));
  const { d1Trips, d1RowsWritten } = meter.take();
  return { d1Trips, d1RowsWritten };
}

it("an ask: three trips to D1 and ten rows a message; told again, nothing is written", async () => {
  expect(await used({})).toEqual({ d1Trips: 3, d1RowsWritten: 20 });
  expect(await tally()).toEqual({ "request.opened sent": 2 });
  expect(await used({})).toEqual({ d1Trips: 3, d1RowsWritten: 0 });
});
