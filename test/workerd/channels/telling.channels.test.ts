/** From an ask to whoever is told of it: by the queue, by the object's alarm, and what becomes of it after the end. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, ask, decided, personAndAgent, viewOf } from "#test/workerd/support/approvals.ts";
import {
  HOOKS,
  MAIL,
  messages,
  putContact,
  putMail,
  putSlack,
  putWebhook,
  tally,
} from "#test/workerd/support/channels/channels-in-force.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { deliverAll } from "#composition/delivery.ts";
import { policyOf, putInForce } from "#test/workerd/support/policies.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { emptyStorage, objectOf } from "#test/workerd/support/storage.ts";

const SLACK = "slack.com";
const ok = (more: object = {}) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ ok: true, ...more }),
});

let alex: Someone;
let agent: Agent;

beforeEach(async () => {
  await receivers.reset();
  ({ person: alex, agent } = await personAndAgent());
});
afterEach(emptyStorage);

const stub = (id: string) => objectOf(env.APPROVAL_REQUEST.getByName(id));

describe("an ask", () => {
  it("is told to a system, to a person, and to a place of chats; and its end follows", async () => {
    await receivers.answer(HOOKS, { status: 204 });
    await receivers.answer(MAIL, ok({ id: "1" }));
    await receivers.answer(SLACK, ok({ channel: "C0123", ts: "1.1" }));
    await putWebhook(["request.*", "approval.*"]);
    await putContact(alex.id, await putMail(), "alex@example.com");
    await putSlack([{ group: null, to: "C0123" }]);
    const { request_id: id } = await ask(agent);
    await expect.poll(() => tally("type = 'request.opened'")).toEqual({ "request.opened sent": 3 });
    await expect.poll(async () => (await viewOf(agent, id)).notified_at).toMatch(/^2/);
    expect(await viewOf(agent, id)).toMatchObject({ awaiting: ["alex"] });
    expect(await viewOf(agent, id)).not.toHaveProperty("seen_at");

    await decided(alex, id, "denied");
    await expect.poll(() => tally("type <> 'request.opened'")).toEqual({ "request.ended sent": 1, "approval.denied sent": 1 });
    const [posted, changed] = await receivers.requests(SLACK);
    expect([posted?.path, changed?.path]).toEqual(["/api/chat.postMessage", "/api/chat.update"]);
    expect(JSON.parse(changed?.body ?? "")).toMatchObject({ channel: "C0123", ts: "1.1" });
    expect((await viewOf(agent, id)).seen_at).toMatch(/^2/);
    for (const { body } of await receivers.requests()) expect(body).not.toContain("4.2.0");
  });

  it("that a rule hides is told without its action", async () => {
    await putInForce(policyOf([{ name: "it", effect: "require_approval", notify: { label: "hidden" } }]));
    await receivers.answer(HOOKS, { status: 204 });
    await putWebhook();
    await ask(agent, { action: "Nobody reads this" });
    await expect.poll(() => tally()).toEqual({ "request.opened sent": 1 });
    const bodies = (await receivers.requests(HOOKS)).map(({ body }) => body);
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) expect(body).not.toContain("Nobody reads this");
  });

  it("is told of by the object's alarm, where the queue lost it", async () => {
    await putContact(alex.id, await putMail(), "alex@example.com");
    const { request_id: id } = await ask(agent);
    await expect.poll(() => tally()).toEqual({ "request.opened failed": 1 });
    // As if nothing had been handed over, and every trigger been lost.
    await env.DB.prepare("DELETE FROM message").run();
    await receivers.reset();
    await receivers.answer(MAIL, ok({ id: "2" }));
    await runInDurableObject(stub(id), (_, { storage }) => {
      const kept = storage.kv.get<{ last: number; outbox: unknown[] }>("notices");
      const asks = [alex.id];
      const request = {
        id,
        action: "Deploy",
        agent: { id: agent.id, name: agent.name },
        risk: null,
        requestedAt: "2026-11-30T00:00:00.000Z",
        expiresAt: "2099-11-30T00:00:00.000Z",
        approvals: 0,
        required: 1,
        status: "pending",
      };
      const event = {
        number: 1,
        type: "request.opened",
        at: request.requestedAt,
        request,
        asks,
        owner: alex.id,
        by: null,
        channels: null,
        groups: [],
      };
      storage.kv.put("notices", { ...kept, outbox: [event] });
    });
    await runDurableObjectAlarm(stub(id));
    expect(await tally()).toEqual({ "request.opened sent": 1 });
    await runDurableObjectAlarm(stub(id));
    expect((await receivers.requests(MAIL)).length).toBe(1);
  });

  it("tells nobody, and keeps nothing of it, where there is no channel", async () => {
    const { request_id: id } = await ask(agent);
    await decided(alex, id, "approved");
    const kept = await runInDurableObject(stub(id), (_, { storage }) => storage.kv.get<{ last: number; outbox: unknown[] }>("notices"));
    expect(kept).toBeUndefined();
    expect(await messages()).toEqual([]);
  });
});

describe("many asks of one agent", () => {
  it("are told one by one at first, and then together", async () => {
    await receivers.answer(MAIL, ok({ id: "3" }));
    const contact = await putContact(alex.id, await putMail(), "alex@example.com");
    for (let i = 0; i < 8; i++) await ask(agent);
    await expect.poll(() => tally()).toEqual({ "request.opened sent": 3, "request.opened folded": 5, "requests.many waiting": 1 });
    await env.DB.prepare("UPDATE message SET next_at = '2026-01-01T00:00:00.000Z' WHERE type = 'requests.many'").run();
    await deliverAll(env);
    expect(await tally("type = 'requests.many'")).toEqual({ "requests.many sent": 1 });
    const mails = await receivers.requests(MAIL);
    expect(mails.length).toBe(4);
    expect(mails.at(-1)?.body).toContain("5 times");
    expect((await messages(`contact_id = '${contact}'`)).length).toBe(9);
  });
});

describe("receivers", () => {
  it("that fail are tried again, later and later, and what is answered is kept as a code", async () => {
    await receivers.answer(HOOKS, { status: 503, body: "secret words of theirs" });
    await putWebhook(["request.opened"]);
    const { request_id: id } = await ask(agent);
    await expect.poll(async () => (await messages())[0]?.attempts).toBe(1);
    await expect.poll(async () => (await messages())[0]?.answer).toBe("http_503");
    const [waiting] = await messages();
    expect(Date.parse(waiting?.next_at ?? "") - Date.now()).toBeGreaterThan(2_000);
    await env.DB.prepare("UPDATE message SET next_at = '2026-01-01T00:00:00.000Z'").run();
    await receivers.answer(HOOKS, { status: 200 });
    await runInDurableObject(stub(id), (_, { storage }) => {
      const kept = storage.kv.get<object>("notices");
      storage.kv.put("notices", { ...kept, dueAt: "2026-01-01T00:00:00.000Z" });
    });
    await runDurableObjectAlarm(stub(id));
    const ids = (await receivers.requests(HOOKS)).map(({ headers }) => headers["webhook-id"]);
    expect(ids.length).toBe(2);
    expect(new Set(ids).size).toBe(1);
    expect(JSON.stringify(await messages())).not.toContain("secret words");
  });
});
