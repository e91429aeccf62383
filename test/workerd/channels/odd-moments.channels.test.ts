/** Moments in which a message could be lost, come too late or to somebody else, or wake an object for nothing. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deliverAll, tidyMessages } from "#composition/delivery.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import { readConfig } from "#config/config.ts";
import { requestObject } from "#config/object-places.ts";
import { deliverDue } from "#gate/channels/deliver.ts";
import type { NoticeOutbox } from "#gate/channels/delivery.ts";
import { tellOf } from "#gate/channels/hand-over.ts";
import type { NoticeState } from "#rules/notices/outbox.ts";
import { putBack } from "#storage/channels/message-lists.ts";
import { type Agent, ask, decided, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import { admitted } from "#test/workerd/support/invited.ts";
import {
  HOOKS,
  MAIL,
  messages,
  putAway,
  putContact,
  putMail,
  putWebhook,
  tally,
} from "#test/workerd/support/channels/channels-in-force.ts";
import { anEvent } from "#test/support/channels/routing-facts.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

let alex: Someone;
let agent: Agent;
let mail: string;

beforeEach(async () => {
  await receivers.reset();
  await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
  ({ person: alex, agent } = await personAndAgent());
  mail = await putMail();
  await putContact(alex.id, mail, "alex@example.com");
});
afterEach(emptyStorage);

const LONG_AGO = "2026-01-01T00:00:00.000Z";
const stub = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));
const notices = (id: string) => runInDurableObject(stub(id), (_, { storage }) => storage.kv.get<NoticeState>("notices"));
async function told(): Promise<string> {
  const { request_id: id } = await ask(agent);
  await expect.poll(() => tally(`request_id = '${id}'`)).toEqual({ "request.opened sent": 1 });
  await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
  return id;
}
const set = (columns: string) => env.DB.prepare(`UPDATE message SET ${columns}`).run();

describe("an object", () => {
  it("sleeps while another sender has its message, and wakes once that one has had its time", async () => {
    const id = await told();
    const until = new Date(Date.now() + 60_000).toISOString();
    await set(`state = 'waiting', next_at = '${LONG_AGO}', held_until = '${until}#another'`);
    await runInDurableObject(stub(id), async (_, { storage }) => {
      storage.kv.put("notices", { ...storage.kv.get<NoticeState>("notices"), dueAt: LONG_AGO });
      await storage.setAlarm(Date.now());
    });
    await runDurableObjectAlarm(stub(id));
    expect(await runInDurableObject(stub(id), (_, { storage }) => storage.getAlarm())).toBe(Date.parse(until));
  });

  it("does not forget what has become due while it was being told of something else", async () => {
    const id = await told();
    const due = "2026-02-01T00:00:00.000Z";
    const object = requestObject(env, id);
    const asBefore: NoticeOutbox = {
      notices: async () => {
        const kept = await object.notices();
        return kept === null ? null : { ...kept, dueAt: LONG_AGO };
      },
      told: (of) => object.told(of),
    };
    await runInDurableObject(stub(id), (_, { storage }) => {
      storage.kv.put("notices", { ...storage.kv.get<NoticeState>("notices"), dueAt: due });
    });
    await tellOf(id, asBefore, deliveryPorts(env, readConfig(env)));
    expect((await notices(id))?.dueAt).toBe(due);
    await tellOf(id, object, deliveryPorts(env, readConfig(env)));
    expect((await notices(id))?.dueAt).toBeNull();
  });
});

describe("a message", () => {
  it("to an address that is gone goes nowhere else, and counts as told to nobody, though it is sent again by hand", async () => {
    const id = await told();
    await env.DB.prepare("DELETE FROM contact").run();
    await set("sent_at = NULL");
    for (const { id: message } of await messages()) expect(await putBack(env.DB, message, new Date().toISOString())).toBe(true);
    await deliverAll(env);
    expect(await messages(`request_id = '${id}'`)).toMatchObject([{ state: "dropped", answer: "address_gone" }]);
    expect((await receivers.requests(MAIL)).length).toBe(1);
  });

  it("that asks is not sent once the time to decide is over", async () => {
    await receivers.answer(MAIL, { status: 503 });
    await ask(agent);
    await expect.poll(async () => (await messages())[0]?.answer).toBe("http_503");
    await set(`next_at = '${LONG_AGO}', gives_up_at = '2026-01-01T00:00:01.000Z'`);
    await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
    await deliverAll(env);
    expect(await tally()).toEqual({ "request.opened dropped": 1 });
    expect((await receivers.requests(MAIL)).length).toBe(1);
  });

  it("of critical risk is not folded away among many small ones", async () => {
    await putInForce(
      policyOf([
        { name: "grave", match: { action: "Drop *" }, effect: "require_approval", risk: "critical" },
        { name: "it", effect: "require_approval", risk: "low" },
      ]),
    );
    // Who owns the agent does not decide what is critical.
    const bo = await admitted(alex, "bo");
    await putContact(bo.id, mail, "bo@example.com");
    for (let n = 0; n < 12; n++) await ask(agent, { action: `Look at ${n}` });
    await ask(agent, { action: "Drop the database" });
    const ofBo = `type = 'request.opened' AND person_id = '${bo.id}'`;
    await expect.poll(() => tally(ofBo)).toEqual({ "request.opened sent": 11, "request.opened folded": 2 });
    const subjects = (await receivers.requests(MAIL)).map(({ body }) => (JSON.parse(body) as { subject: string }).subject);
    expect(subjects).toContain("Approve? Drop the database");
  });
});

describe("a request that is over before anybody could be told of it", () => {
  it("asks nobody any more; systems hear of all of it", async () => {
    await receivers.answer(HOOKS, { status: 204 });
    await putWebhook(["request.*"]);
    const of = { owner: alex.id, request: { expiresAt: "2099-01-01T00:00:00.000Z" } };
    const outbox = [anEvent({ ...of, asks: [alex.id] }), anEvent({ ...of, number: 2, type: "request.ended", by: alex.id, asks: [] })];
    const kept: NoticeState = { last: 2, outbox, reminders: [], dueAt: null };
    await tellOf(anEvent().request.id, { notices: () => kept, told: () => undefined }, deliveryPorts(env, readConfig(env)));
    expect(await tally()).toEqual({ "request.opened sent": 1 });
    expect((await receivers.requests()).map(({ host }) => host)).toEqual([HOOKS]);
  });
});

describe("receivers that hang", () => {
  it("have nothing sent twice: what is not begun while it is surely held is left, and sent once that is over", async () => {
    await receivers.answer(HOOKS, { status: 204 });
    const hook = await putWebhook();
    const ports = deliveryPorts(env, readConfig(env));
    const rows = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
      INSERT INTO message (id, channel_id, type, content, state, next_at, created_at)
      SELECT 'msg_' || i, ?1, 'request.opened', '{"type":"request.opened","at":"${LONG_AGO}","url":"https://gate.example.com/"}', 'waiting', ?2, ?2 FROM n`;
    await env.DB.prepare(rows).bind(hook, LONG_AGO).run();
    let lateMs = 0;
    const send: typeof ports.senders.webhook.send = async (...what) => {
      const sent = await ports.senders.webhook.send(...what);
      lateMs = 50_000;
      return sent;
    };
    const slow = { ...ports, senders: { ...ports.senders, webhook: { send } }, now: () => Date.now() + lateMs };
    await deliverDue("any", slow);
    expect(await tally()).toEqual({ "request.opened sent": 5, "request.opened waiting": 2 });
    await deliverDue("any", slow);
    expect((await receivers.requests(HOOKS)).length).toBe(5);
    lateMs = 61_000;
    await deliverDue("any", { ...ports, now: () => Date.now() + lateMs });
    expect(await tally()).toEqual({ "request.opened sent": 7 });
    expect(new Set((await receivers.requests(HOOKS)).map(({ headers }) => headers["webhook-id"])).size).toBe(7);
  });
});

describe("the log", () => {
  it("takes every leaf, whatever is amiss with a channel", async () => {
    await putWebhook(["*"]);
    for (const events of ["", "[", "7", `["${"x*".repeat(60)}"]`, "[null, {}]"]) {
      await env.DB.prepare("UPDATE channel SET events = ?1 WHERE kind = 'webhook'").bind(events).run();
      const { request_id: id } = await ask(agent);
      await decided(alex, id, "denied");
      const leaf = env.DB.prepare("SELECT count(*) AS n FROM log_leaf WHERE idem = ?1").bind(`${id}:final`);
      await expect.poll(() => leaf.first("n"), { message: events }).toBe(1);
    }
  });
});

describe("who is told in another's place", () => {
  it("is not, once they are no approver any more: then the one who is away is told", async () => {
    const bo = await admitted(alex, "bo", ["auditor"]);
    await putContact(bo.id, mail, "bo@example.com");
    await putAway(alex.id, bo.id);
    const { request_id: id } = await ask(agent);
    await expect.poll(() => tally()).toEqual({ "request.opened sent": 1 });
    expect(await messages(`request_id = '${id}'`)).toMatchObject([{ person_id: alex.id }]);
  });
});

describe("what waits for a channel that is off", () => {
  it("is neither looked through for the others nor kept for ever", async () => {
    const hook = await putWebhook(["*"], "off.example.com", "disabled");
    const old = new Date(Date.now() - 31 * 24 * 3_600_000).toISOString();
    const many = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO message (id, channel_id, type, content, state, next_at, created_at) SELECT 'msg_old' || i, ?1, 'request.opened', '{}', 'waiting', ?2, ?2 FROM n`;
    await env.DB.prepare(many).bind(hook, old).run();
    const { messages: port } = deliveryPorts(env, readConfig(env));
    expect(await port.write({ add: [], drop: [] }, { which: "any", holdMs: 1_000, most: 20 }, Date.now())).toEqual([]);
    await tidyMessages(env);
    expect(await tally(`channel_id = '${hook}'`)).toEqual({});
  });
});
