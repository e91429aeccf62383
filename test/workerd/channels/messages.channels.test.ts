/** Messages as they are listed, sent again and replayed: what is put back, what is not, and that a receiver gets it under the same id. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { MessageItem } from "#api/channel-data.ts";
import { ask, decided } from "#test/workerd/support/approvals.ts";
import { messages, putContact, putMail, putSlack, putWebhook } from "#test/workerd/support/channels/channels-in-force.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, makeAgent, outcome, type Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { channelCall, removedChannel } from "#test/workerd/support/channels/signed-channels.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOST = "hooks.example.com";
const AT = (second: number) => `2026-11-29T00:00:${String(second).padStart(2, "0")}.000Z`;

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await receivers.answer(HOST, {});
  alex = await enrolFirst();
});

interface Put {
  state?: string;
  second?: number;
  request?: string | null;
  contact?: string | null;
  givesUpAt?: string | null;
}
/** A message as delivery leaves it. */
async function putMessage(
  id: string,
  channel: string,
  { state = "sent", second = 0, request = null, contact = null, givesUpAt = null }: Put = {},
) {
  const content = { type: "request.opened", at: AT(second), url: "https://gate.example.com/" };
  await env.DB.prepare(
    `INSERT INTO message (id, channel_id, contact_id, person_id, request_id, type, content, state, attempts, next_at, gives_up_at, answer, created_at)
     VALUES (?1, ?2, ?3, CASE WHEN ?3 IS NOT NULL THEN ?4 END, ?5, 'request.opened', ?6, ?7, 3, ?8, ?9, 'http_500', ?8)`,
  )
    .bind(id, channel, contact, alex.id, request, JSON.stringify(content), state, AT(second), givesUpAt)
    .run();
}

interface Listed {
  items: MessageItem[];
  next_cursor?: string;
}
const listed = async (query = ""): Promise<Listed> => given(await call("GET", `/api/v1/messages${query}`, { cookie: alex.cookie }));
const resend = (id: string) => call("POST", `/api/v1/messages/${id}/resend`, { cookie: alex.cookie });
/** Ids that a webhook was sent, once all of them are there: its queue may be later than the answer. */
const arrived = async (count: number): Promise<void> =>
  await expect
    .poll(async () => (await receivers.requests(HOST)).map(({ headers }) => headers["webhook-id"]).toSorted(), { timeout: 10_000 })
    .toHaveLength(count);

describe("a list", () => {
  test("has fifty on a page, the newest first, those of the same moment too, and goes on by place", async () => {
    const channel = await putWebhook(["key.rotated"], HOST, "disabled");
    const ids = Array.from({ length: 101 }, (_, at) => `msg_${String(at).padStart(3, "0")}`);
    for (const [at, id] of ids.entries()) await putMessage(id, channel, { second: Math.floor(at / 40) });
    const first = await listed();
    const second = await listed(`?cursor=${encodeURIComponent(first.next_cursor ?? "")}`);
    const third = await listed(`?cursor=${encodeURIComponent(second.next_cursor ?? "")}`);
    expect([first, second, third].map(({ items }) => items.length)).toEqual([50, 50, 1]);
    expect([...first.items, ...second.items, ...third.items].map(({ id }) => id)).toEqual(ids.toReversed());
    expect(third.next_cursor).toBeUndefined();
  });

  test("is of a channel, of a request, of a state, and shows no address", async () => {
    const [hooks, mail] = [await putWebhook(["key.rotated"], HOST, "disabled"), await putMail()];
    const contact = await putContact(alex.id, mail, "alex@private.example");
    await putMessage("msg_a", hooks, { state: "failed" });
    await putMessage("msg_b", mail, { request: "apr_1", contact, second: 1 });
    expect((await listed(`?channel=${hooks}`)).items.map(({ id }) => id)).toEqual(["msg_a"]);
    expect((await listed("?state=failed")).items.map(({ id }) => id)).toEqual(["msg_a"]);
    const ofRequest = await listed("?request=apr_1");
    expect(ofRequest.items).toMatchObject([{ id: "msg_b", person: "alex", place: null, channel: { id: mail, name: "mail" }, attempts: 3 }]);
    expect(JSON.stringify(ofRequest)).not.toContain("private.example");
  });

  test.each([["?state=lost"], ["?cursor=msg_a"], ["?cursor=2026"]])("%s is refused", async (query) => {
    expect(await outcome(await call("GET", `/api/v1/messages${query}`, { cookie: alex.cookie }))).toEqual([400, "invalid_request"]);
  });
});

describe("a message is sent again", () => {
  test.each(["sent", "failed", "dropped"])("under the same id, if it was %s to a webhook", async (state) => {
    const channel = await putWebhook(["key.rotated"]);
    await putMessage("msg_again", channel, { state });
    expect((await resend("msg_again")).status).toBe(204);
    await arrived(1);
    const [sent] = await receivers.requests(HOST);
    expect(sent?.headers["webhook-id"]).toBe("msg_again");
    expect(await messages("id = 'msg_again'")).toMatchObject([{ state: "sent", attempts: 1, answer: "http_200" }]);
  });

  test.each(["waiting", "folded"])("but not if it is %s", async (state) => {
    const channel = await putWebhook(["key.rotated"], HOST, "disabled");
    await putMessage("msg_no", channel, { state });
    expect(await outcome(await resend("msg_no"))).toEqual([409, "not_sendable"]);
  });

  test("nor one that is not there, or whose channel was removed", async () => {
    const channel = await putWebhook(["key.rotated"]);
    await putMessage("msg_gone", channel);
    expect((await removedChannel(alex, channel)).status).toBe(204);
    expect(await outcome(await resend("msg_gone"))).toEqual([409, "not_sendable"]);
    expect(await outcome(await resend("msg_none"))).toEqual([404, "not_found"]);
  });

  test("to people only while somebody decides; what failed in any case, though its time is over", async () => {
    const mail = await putMail();
    const contact = await putContact(alex.id, mail, "alex@example.com");
    // Off, so that nothing but this test sends over it.
    await env.DB.prepare("UPDATE channel SET state = 'disabled'").run();
    const agent = await makeAgent(alex);
    const [open, over] = [(await ask(agent)).request_id, (await ask(agent)).request_id];
    await decided(alex, over, "denied");
    await putMessage("msg_open", mail, { request: open, contact });
    await putMessage("msg_over", mail, { request: over, contact });
    await putMessage("msg_failed", mail, { request: over, contact, state: "failed", givesUpAt: AT(1) });
    expect((await resend("msg_open")).status).toBe(204);
    expect(await outcome(await resend("msg_over"))).toEqual([409, "not_sendable"]);
    expect((await resend("msg_failed")).status).toBe(204);
    const gives = await env.DB.prepare("SELECT gives_up_at FROM message WHERE id = 'msg_failed'").first("gives_up_at");
    expect(gives).toBeNull();
  });
});

describe("a replay", () => {
  test("sends what a webhook was told since then, sent or failed, and nothing else", async () => {
    const [channel, other] = [await putWebhook(["key.rotated"]), await putWebhook(["key.rotated"], "other.example.com")];
    await putMessage("msg_early", channel, { second: 1 });
    await putMessage("msg_sent", channel, { second: 2 });
    await putMessage("msg_failed", channel, { second: 3, state: "failed" });
    await putMessage("msg_dropped", channel, { second: 4, state: "dropped" });
    await putMessage("msg_other", other, { second: 5 });
    const answer = await channelCall(alex, channel, "replay", { from: "2026-11-29T00:00:02Z" });
    expect(await given(answer, 202)).toEqual({ messages: 2, more: false });
    await arrived(2);
    expect((await receivers.requests(HOST)).map(({ headers }) => headers["webhook-id"]).toSorted()).toEqual(["msg_failed", "msg_sent"]);
    expect(await receivers.requests("other.example.com")).toEqual([]);
  });

  test("puts back ten thousand at most, the oldest first, and says that there may be more", async () => {
    const channel = await putWebhook(["key.rotated"], HOST, "disabled");
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
       INSERT INTO message (id, channel_id, type, content, state, next_at, created_at)
       SELECT printf('msg_%06d', i), ?1, 'channel.test', '{}', 'sent', ?2, ?2 FROM n`,
    )
      .bind(channel, AT(1))
      .run();
    expect(await given(await channelCall(alex, channel, "replay", { from: "2026-01-01T00:00Z" }), 202)).toEqual({
      messages: 10_000,
      more: true,
    });
    expect((await messages("state = 'sent'")).map(({ id }) => id)).toEqual(["msg_010001"]);
  });

  test("is a webhook's alone, and needs a time", async () => {
    const [chat, hooks] = [await putSlack(), await putWebhook(["key.rotated"])];
    expect(await outcome(await channelCall(alex, chat, "replay", { from: "2026-01-01T00:00Z" }))).toEqual([409, "not_sendable"]);
    for (const from of ["yesterday", "2026-13-01T00:00Z", ""])
      expect(await outcome(await channelCall(alex, hooks, "replay", { from }))).toEqual([400, "invalid_request"]);
  });
});

test("a channel that is off keeps what it is to be told, and sends it once it is enabled", async () => {
  const channel = await putWebhook(["agent.created"], HOST, "disabled");
  await makeAgent(alex, "told-later");
  expect(await messages("type = 'agent.created'")).toMatchObject([{ state: "waiting", attempts: 0 }]);
  expect(await given(await channelCall(alex, channel, "enable"))).toMatchObject({ sent: true, state: "active" });
  await arrived(2);
  expect(await messages("type = 'agent.created'")).toMatchObject([{ state: "sent" }]);
});

test("with a channel its contacts and all that waits for it go, in the batch of its leaf", async () => {
  const mail = await putMail();
  const contact = await putContact(alex.id, mail, "alex@example.com");
  await putMessage("msg_waits", mail, { state: "waiting", contact });
  await putMessage("msg_was", mail, { state: "sent", contact });
  expect((await removedChannel(alex, mail)).status).toBe(204);
  expect(await env.DB.prepare("SELECT count(*) AS contacts FROM contact").first("contacts")).toBe(0);
  expect((await messages()).map(({ id, state }) => [id, state])).toEqual([
    ["msg_waits", "dropped"],
    ["msg_was", "sent"],
  ]);
});

describe("the page of a request", () => {
  test("says who was told, over which channel and when, and shows no address", async () => {
    const mail = await putMail();
    const contact = await putContact(alex.id, mail, "alex@private.example");
    await env.DB.prepare("UPDATE channel SET state = 'disabled'").run();
    const { request_id: request } = await ask(await makeAgent(alex));
    await putMessage("msg_told", mail, { request, contact, second: 5 });
    await env.DB.prepare("UPDATE message SET sent_at = created_at WHERE id = 'msg_told'").run();
    await putMessage("msg_unreached", mail, { request, contact, state: "failed", second: 6 });
    await putMessage("msg_system", await putWebhook(["key.rotated"]), { request, second: 7 });
    const page = await (await call("GET", `/a/${request}`, { cookie: alex.cookie })).text();
    const section = page.slice(page.indexOf('aria-labelledby="told-title"'), page.indexOf('id="decide"'));
    const words = section.replaceAll(/<[^>]+>/g, "");
    expect(words).toContain("Who was told");
    expect(words).toContain("alex over mail: told, 29 Nov 2026, 00:00 UTC");
    expect(words).toContain("alex over mail: could not be reached");
    expect(words).not.toContain("systems at");
    expect(page).not.toContain("private.example");
  });

  test("says nothing of it where there is no channel", async () => {
    const { request_id: request } = await ask(await makeAgent(alex));
    expect(await (await call("GET", `/a/${request}`, { cookie: alex.cookie })).text()).not.toContain("Who was told");
  });
});
