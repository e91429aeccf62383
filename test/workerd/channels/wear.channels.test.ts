/** What wears channels down: many of the same, the same twice, and receivers that take nothing for days. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deliverAll, deliverBatch } from "#composition/delivery.ts";
import { deliveryPorts } from "#durable-objects/delivery-ports.ts";
import { readConfig } from "#config/config.ts";
import type { PlannedMessage } from "#rules/notices/message.ts";
import { putBack } from "#storage/channels/message-lists.ts";
import { type Agent, ask, personAndAgent } from "#test/workerd/support/approvals.ts";
import { HOOKS, MAIL, messages, putContact, putMail, putWebhook, tally } from "#test/workerd/support/channels/channels-in-force.ts";
import type { Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const DAY_MS = 24 * 3_600_000;

let alex: Someone;
let agent: Agent;
let mail: string;
let contact: string;

beforeEach(async () => {
  await receivers.reset();
  await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
  ({ person: alex, agent } = await personAndAgent());
  mail = await putMail();
  contact = await putContact(alex.id, mail, "alex@example.com");
});
afterEach(async () => {
  vi.useRealTimers();
  await emptyStorage();
});

/** What one of many asks of an agent tells a person. */
function told(n: number, action: string): PlannedMessage {
  const at = new Date().toISOString();
  const id = `apr_${String(n).padStart(32, "A")}`;
  const request = {
    id,
    action,
    agent: { id: agent.id, name: agent.name },
    risk: null,
    requestedAt: at,
    expiresAt: "2099-01-01T00:00:00.000Z",
  };
  return {
    id: `msg_${n}`,
    channelId: mail,
    contactId: contact,
    target: null,
    personId: alex.id,
    requestId: id,
    agentId: agent.id,
    content: {
      type: "request.opened",
      at,
      url: "https://gate.example.com/",
      request: { ...request, approvals: 0, required: 1, status: "pending" },
    },
    alike: JSON.stringify([agent.id, action]),
    edits: null,
    nextAt: at,
    givesUpAt: null,
  };
}

describe("a flood of one agent", () => {
  const flood = async (plans: PlannedMessage[]) => {
    const { messages: written } = deliveryPorts(env, readConfig(env));
    // Twenty at the same moment, as calls come.
    for (let from = 0; from < plans.length; from += 20) {
      await Promise.all(plans.slice(from, from + 20).map((one) => written.write({ add: [one], drop: [] }, null, Date.now())));
    }
  };
  const summaries = async () => {
    await env.DB.prepare("UPDATE message SET next_at = '2026-01-01T00:00:00.000Z' WHERE state = 'waiting'").run();
    await deliverAll(env);
    return (await receivers.requests(MAIL)).map(({ body }) => JSON.parse(body) as { subject: string; text: string });
  };

  it("of a thousand equal asks is three messages, and one that tells of the others", async () => {
    await flood(Array.from({ length: 1_000 }, (_, n) => told(n, "Deploy")));
    expect(await tally()).toEqual({ "request.opened waiting": 3, "request.opened folded": 997, "requests.many waiting": 1 });
    const mails = await summaries();
    expect(mails.length).toBe(4);
    expect(mails.some(({ subject, text }) => `${subject} ${text}`.includes("997 times"))).toBe(true);
    expect(mails.find(({ text }) => text.includes("997"))?.text).toContain(`/stop?agent=${agent.id}`);
  });

  it("that asks for another thing each time is told of together as well, and does not hide what others ask", async () => {
    await flood(Array.from({ length: 30 }, (_, n) => told(n, `Deploy ${n}`)));
    expect(await tally()).toEqual({ "request.opened waiting": 10, "request.opened folded": 20, "requests.many waiting": 1 });
    await flood([{ ...told(99, "Deploy"), agentId: "agt_another" }]);
    expect(await tally("agent_id = 'agt_another'")).toEqual({ "request.opened waiting": 1 });
  });

  it("is told of though the next summary begins while one is on its way, and that one fails", async () => {
    const { messages: port } = deliveryPorts(env, readConfig(env));
    const take = async () => {
      await env.DB.prepare("UPDATE message SET next_at = '2026-01-01T00:00:00.000Z' WHERE state = 'waiting'").run();
      return port.write({ add: [], drop: [] }, { which: "any", holdMs: 60_000, most: 20 }, Date.now());
    };
    await flood(Array.from({ length: 5 }, (_, n) => told(n, "Deploy")));
    const held = await take();
    expect(held.length).toBe(4);
    await flood([told(9, "Deploy")]);
    expect(await tally("type = 'requests.many'")).toEqual({ "requests.many waiting": 2 });
    const later = { ok: false, refusal: { reason: "retry", answer: "http_503", afterMs: null } } as const;
    const sent = { ok: true, value: { answer: "http_200", handle: null } } as const;
    const attempts = held.map((message) => ({ message, sent: message.content.type === "requests.many" ? later : sent }));
    await port.record(attempts, "any", Date.now());
    expect(await tally()).toEqual({ "request.opened sent": 3, "request.opened folded": 3, "requests.many waiting": 2 });
    const [first] = await messages("type = 'requests.many' AND answer = 'http_503'");
    // Both of them, and both fail; what is folded then goes with one of them.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(first?.next_at ?? "") + 1 });
    const both = (await take()).map((message) => ({ message, sent: later }));
    expect(both.length).toBe(2);
    await port.record(both, "any", Date.now());
    await flood([told(10, "Deploy")]);
    expect(await tally("type = 'requests.many'")).toEqual({ "requests.many waiting": 2 });
    vi.setSystemTime(Date.now() + 3_600_000);
    await summaries();
    expect(await tally("type = 'requests.many'")).toEqual({ "requests.many sent": 2 });
    for (const { id } of await messages("type = 'requests.many'")) await putBack(env.DB, id, new Date().toISOString());
    expect(await tally("type = 'requests.many'")).toEqual({ "requests.many sent": 1, "requests.many waiting": 1 });
  });

  it("is told of no more once none of it is open", async () => {
    await flood(Array.from({ length: 5 }, (_, n) => told(n, "Deploy")));
    await env.DB.prepare("UPDATE message SET content = json_set(content, '$.request.expiresAt', '2026-01-01T00:00:00.000Z')").run();
    await summaries();
    expect(await messages("type = 'requests.many'")).toMatchObject([{ state: "dropped", answer: "nothing_open" }]);
  });
});

describe("the queue", () => {
  const batchOf = (...requests: (string | null)[]) => {
    const done: string[] = [];
    const message = (request: string | null) => ({
      body: { request },
      ack: () => void done.push(`ack ${request}`),
      retry: () => void done.push(`retry ${request}`),
    });
    return { batch: { messages: requests.map(message) } as unknown as MessageBatch<{ request: string | null }>, done };
  };

  it("may deliver twice, at the same moment too: what it triggers is sent once", async () => {
    const { request_id: id } = await ask(agent);
    const { batch, done } = batchOf(id, id, null);
    await Promise.all([deliverBatch(batch, env), deliverBatch(batch, env)]);
    await expect.poll(() => tally()).toEqual({ "request.opened sent": 1 });
    await deliverBatch(batch, env);
    expect((await receivers.requests(MAIL)).length).toBe(1);
    expect(done.filter((one) => one.startsWith("retry"))).toEqual([]);
  });

  it("makes no object of whatever it holds, and goes on", async () => {
    const { batch, done } = batchOf("apr_../../etc", "x".repeat(36), null);
    const strange = [null, 7, {}, { request: 7 }].map((body, n) => ({
      body,
      ack: () => void done.push(`ack ${n}`),
      retry: () => void done.push(`retry ${n}`),
    }));
    await deliverBatch({ ...batch, messages: [...strange, ...batch.messages] as typeof batch.messages }, env);
    expect(done.length).toBe(7);
    expect(done.every((one) => one.startsWith("ack"))).toBe(true);
  });
});

describe("a receiver that takes nothing", () => {
  it("for three days is sent nothing more, and admins hear of it over what works; what it is told waits for it", async () => {
    await receivers.answer(HOOKS, { status: 500 });
    const hook = await putWebhook(["request.opened"]);
    await env.DB.prepare("UPDATE channel SET failing_since = ?1 WHERE id = ?2")
      .bind(new Date(Date.now() - 3 * DAY_MS - 60_000).toISOString(), hook)
      .run();
    await ask(agent);
    await expect.poll(() => tally("type = 'channel.disabled'")).toEqual({ "channel.disabled waiting": 1 });
    await deliverAll(env);
    expect(await tally("type = 'channel.disabled'")).toEqual({ "channel.disabled sent": 1 });
    expect(await env.DB.prepare("SELECT state FROM channel WHERE id = ?1").bind(hook).first("state")).toBe("disabled");
    const [mailed] = (await receivers.requests(MAIL)).filter(({ body }) => body.includes("/admin/channels"));
    expect(mailed?.body).toContain("systems at hooks.example.com");

    const before = (await receivers.requests(HOOKS)).length;
    await ask(agent);
    await expect.poll(() => tally(`type = 'request.opened' AND channel_id = '${hook}'`)).toEqual({ "request.opened waiting": 2 });
    await deliverAll(env);
    expect((await receivers.requests(HOOKS)).length).toBe(before);
  });

  it("any more, as it says itself, is sent nothing more", async () => {
    await receivers.answer(HOOKS, { status: 410 });
    const hook = await putWebhook(["request.opened"]);
    await ask(agent);
    await expect.poll(() => tally(`channel_id = '${hook}'`)).toEqual({ "request.opened failed": 1 });
    expect(await env.DB.prepare("SELECT state FROM channel WHERE id = ?1").bind(hook).first("state")).toBe("disabled");
  });

  it("for less goes on, and one answer that is well makes it well", async () => {
    await receivers.answer(HOOKS, { status: 500 }, { status: 200 });
    const hook = await putWebhook(["request.opened"]);
    await env.DB.prepare("UPDATE channel SET failing_since = ?1 WHERE id = ?2")
      .bind(new Date(Date.now() - 2 * DAY_MS).toISOString(), hook)
      .run();
    await ask(agent);
    await expect.poll(async () => (await messages(`channel_id = '${hook}'`))[0]?.answer).toBe("http_500");
    await env.DB.prepare("UPDATE message SET next_at = '2026-01-01T00:00:00.000Z' WHERE state = 'waiting'").run();
    await deliverAll(env);
    expect(await env.DB.prepare("SELECT state, failing_since FROM channel WHERE id = ?1").bind(hook).first()).toEqual({
      state: "active",
      failing_since: null,
    });
  });

  it("any more at an address is forgotten there, and the address with it; not where it takes nothing at all, as for a key that has expired", async () => {
    await receivers.answer(MAIL, { status: 422, body: '{"name":"validation_error"}' });
    await env.DB.prepare("UPDATE contact SET failing_since = ?1")
      .bind(new Date(Date.now() - 4 * DAY_MS).toISOString())
      .run();
    await ask(agent);
    await expect.poll(() => tally()).toEqual({ "request.opened failed": 1 });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM contact").first("n")).toBe(1);
    await env.DB.prepare("UPDATE channel SET last_sent_at = ?1")
      .bind(new Date(Date.now() - DAY_MS).toISOString())
      .run();
    await ask(agent);
    await expect.poll(() => env.DB.prepare("SELECT count(*) AS n FROM contact").first("n")).toBe(0);
    expect(await env.DB.prepare("SELECT state FROM channel WHERE id = ?1").bind(mail).first("state")).toBe("active");
  });
});
