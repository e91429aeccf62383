/** Devices, addresses and accounts of a person, over the real routes and real receivers: how they come, are proved, and go; and who tries to have others told in their place. */
import { deliverAll } from "#composition/delivery.ts";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { MAIL, messages, putContact, putMail, putPush, putSlack, vault } from "#test/workerd/support/channels/channels-in-force.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import {
  addContact,
  confirmContact,
  device,
  notificationsOf,
  subscription,
  waitingContact,
} from "#test/workerd/support/channels/notifications.ts";
import { call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const PUSH = "https://push.example.com/send/1";
let alex: Someone;
let push: Awaited<ReturnType<typeof putPush>>;

beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
  push = await putPush();
});

const added = async (person: Someone, body: object, status = 201) =>
  given<{ id: string; state: string }>(await addContact(person, body), status);
const rows = async () =>
  (await env.DB.prepare("SELECT * FROM contact ORDER BY rowid").all<Record<string, string | number | null>>()).results;

/** The digits in the last message to a host, as whoever reads it there has them. */
async function codeSent(host: string): Promise<string> {
  const body = (await receivers.requests(host)).findLast((one) => /\b\d{8}\b/.test(one.body))?.body ?? "";
  return /\b\d{8}\b/.exec(body)?.[0] ?? "";
}
const another = (code: string): string => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));

describe("a device", () => {
  it("is told from the moment it is added; what is kept of it is sealed", async () => {
    const wish = await device(push, PUSH);
    const { id, state } = await added(alex, wish);
    expect([id, state]).toEqual([expect.stringMatching(/^cnt_[A-Za-z0-9_-]{22}$/), "confirmed"]);
    expect((await notificationsOf(alex)).contacts).toMatchObject([{ id, kind: "webpush", label: "Pixel 9", failing_since: null }]);
    const [row] = await rows();
    expect(JSON.stringify(row)).not.toContain("push.example.com");
    expect(row?.["key_id"]).toBe(push.keyId);
    const opened = await vault().open(String(row?.["address"]), { label: "contact", id, origin: "" });
    expect(opened.ok && JSON.parse(opened.value)).toEqual(wish.subscription);
  });

  it("that comes again is the same one, with the keys that it has now", async () => {
    const { id } = await added(alex, await device(push, PUSH));
    await env.DB.prepare("UPDATE contact SET failing_since = ?1").bind("2026-11-20T09:30:00.000Z").run();
    const again = await device(push, PUSH, "Another name");
    expect(await added(alex, again)).toEqual({ id, state: "confirmed" });
    const [row, ...others] = await rows();
    expect([others, row?.["label"], row?.["failing_since"]]).toEqual([[], "Pixel 9", null]);
    const opened = await vault().open(String(row?.["address"]), { label: "contact", id, origin: "" });
    expect(opened.ok && JSON.parse(opened.value)).toEqual(again.subscription);
    expect(await messages()).toEqual([]);
  });

  it("is tried by hand, over the push service that it named", async () => {
    await receivers.answer("push.example.com", { status: 201 });
    const { id } = await added(alex, await device(push, PUSH));
    const { message } = await given<{ message: string }>(
      await call("POST", `/api/v1/me/contacts/${id}/test`, { cookie: alex.cookie }),
      202,
    );
    await expect.poll(async () => (await messages(`id = '${message}'`))[0]?.state).toBe("sent");
    expect(await receivers.requests("push.example.com")).toMatchObject([
      { method: "POST", path: "/send/1", headers: { "content-encoding": "aes128gcm" } },
    ]);
  });

  it("goes, and nothing that waits for it is sent", async () => {
    const { id } = await added(alex, await device(push, PUSH));
    await env.DB.prepare(
      `INSERT INTO message (id, channel_id, contact_id, person_id, type, content, state, next_at, created_at)
       VALUES ('msg_1', ?1, ?2, ?3, 'request.opened', '{}', 'waiting', '2999-01-01T00:00:00.000Z', '2026-11-20T09:30:00.000Z')`,
    )
      .bind(push.channel, id, alex.id)
      .run();
    const drop = async (person: Someone) => outcome(await call("DELETE", `/api/v1/me/contacts/${id}`, { cookie: person.cookie }));
    const blair = await admitted(alex, "blair");
    expect(await drop(blair)).toEqual([404, "not_found"]);
    expect(await drop(alex)).toEqual([204, undefined]);
    expect(await rows()).toEqual([]);
    await env.DB.prepare("UPDATE message SET next_at = created_at").run();
    await deliverAll(env);
    expect((await messages()).map(({ state, answer }) => [state, answer])).toEqual([["dropped", "address_gone"]]);
    expect(await drop(alex)).toEqual([404, "not_found"]);
  });

  it("is one of ten at most, and the eleventh may come again once another is gone", async () => {
    for (let n = 0; n < 10; n += 1) await added(alex, await device(push, `https://push.example.com/${n}`));
    expect(await outcome(await addContact(alex, await device(push, PUSH)))).toEqual([403, "forbidden"]);
    await added(alex, await device(push, "https://push.example.com/3"));
    expect(await rows()).toHaveLength(10);
  });
});

describe("an endpoint is a browser’s word", () => {
  it.each([
    "http://push.example.com/send",
    "https://127.0.0.1/send",
    "https://[::ffff:10.0.0.1]/send",
    "https://169.254.169.254/latest",
    "https://metadata.internal/send",
    "https://gate.example.com/api/v1/me",
    "https://user:word@push.example.com/send",
    "javascript:alert(1)",
  ])("%s is refused, and nothing is kept", async (endpoint) => {
    expect(await outcome(await addContact(alex, await device(push, endpoint)))).toEqual([400, "invalid_request"]);
    expect(await rows()).toEqual([]);
  });

  it("and so are keys that are none, another channel’s key, and a channel that does not reach people so", async () => {
    const wish = await device(push, PUSH);
    const { keys } = wish.subscription;
    for (const wrong of [
      { ...keys, auth: "AAAA" },
      { ...keys, p256dh: keys.auth },
    ]) {
      const answer = await addContact(alex, { ...wish, subscription: { endpoint: PUSH, keys: wrong } });
      expect(await outcome(answer)).toEqual([400, "invalid_request"]);
    }
    const other = await subscription(PUSH);
    expect(await outcome(await addContact(alex, { ...wish, key: other.keys.p256dh }))).toEqual([400, "invalid_request"]);
    expect(await outcome(await addContact(alex, { ...wish, channel: await putMail() }))).toEqual([404, "not_found"]);
    await env.DB.prepare("UPDATE channel SET state = 'disabled'").run();
    expect(await outcome(await addContact(alex, wish))).toEqual([404, "not_found"]);
    expect(await rows()).toEqual([]);
  });

  it("whoever subscribes with another person’s endpoint takes nothing from them", async () => {
    const { id } = await added(alex, await device(push, PUSH));
    const before = await rows();
    const blair = await admitted(alex, "blair");
    const own = await added(blair, await device(push, PUSH, "stolen"));
    expect(own.id).not.toBe(id);
    expect((await rows()).slice(0, 1)).toEqual(before);
    expect((await notificationsOf(alex)).contacts.map((one) => one.id)).toEqual([id]);
  });
});

describe("an address", () => {
  it("of e-mail counts once its code came back", async () => {
    const mail = await putMail();
    await receivers.answer("api.resend.com", { status: 200, body: '{"id":"1"}' });
    const { id, state } = await added(alex, { kind: "email", channel: mail, address: " Alex.Doe@Example.COM " }, 202);
    expect(state).toBe("code-sent");
    const code = await codeSent("api.resend.com");
    expect(JSON.parse((await receivers.requests("api.resend.com"))[0]?.body ?? "{}")).toMatchObject({ to: ["Alex.Doe@example.com"] });
    expect((await notificationsOf(alex)).contacts).toMatchObject([{ label: "A…@example.com", confirmed_at: null }]);
    expect(JSON.stringify([await rows(), await messages()])).not.toContain(code);

    expect(await outcome(await confirmContact(alex, id, another(code)))).toEqual([400, "code_invalid"]);
    expect(await outcome(await confirmContact(alex, id, `${code.slice(0, 4)} ${code.slice(4)}`))).toEqual([204, undefined]);
    expect((await notificationsOf(alex)).contacts[0]?.confirmed_at).not.toBeNull();
    expect(await outcome(await confirmContact(alex, id, code))).toEqual([400, "code_invalid"]);
  });

  it("of Slack is a member, who gets the code there", async () => {
    const slack = await putSlack();
    await receivers.answer(
      "slack.com",
      { body: '{"ok":true,"channel":{"id":"D0123"}}' },
      { body: '{"ok":true,"channel":"D0123","ts":"1.2"}' },
    );
    const { id } = await added(alex, { kind: "slack", channel: slack, member: "U012AB3CD" }, 202);
    expect(await outcome(await confirmContact(alex, id, await codeSent("slack.com")))).toEqual([204, undefined]);
    expect((await notificationsOf(alex)).contacts).toMatchObject([{ kind: "slack", label: "U012AB3CD" }]);
  });

  it.each([
    "nobody",
    "a@b",
    "a b@example.com",
    "a@example.com, b@example.com",
    "Ada <a@example.com>",
    "a@example.com\r\nBcc: b@example.com",
    '"a"@example.com',
    "a@[10.0.0.1]",
    ".a@example.com",
  ])("%s is none", async (address) => {
    const mail = await putMail();
    expect(await outcome(await addContact(alex, { kind: "email", channel: mail, address }))).toEqual([400, "invalid_request"]);
    expect([await rows(), await receivers.requests("api.resend.com")]).toEqual([[], []]);
  });

  it("whose code could not be sent says so, and can be tried again", async () => {
    const mail = await putMail();
    const wish = { kind: "email", channel: mail, address: "alex@example.com" };
    await receivers.answer("api.resend.com", { status: 503 }, { status: 200, body: '{"id":"1"}' });
    expect(await outcome(await addContact(alex, wish))).toEqual([503, "unavailable"]);
    const { id } = await added(alex, wish, 202);
    expect(await outcome(await confirmContact(alex, id, await codeSent("api.resend.com")))).toEqual([204, undefined]);
  });

  it("cannot be had by guessing its code", async () => {
    const mail = await putMail();
    await receivers.answer("api.resend.com", { status: 200, body: '{"id":"1"}' });
    const wish = { kind: "email", channel: mail, address: "victim@example.com" };
    const { id } = await added(alex, wish, 202);
    const code = await codeSent("api.resend.com");
    const guesses = await Promise.all(Array.from({ length: 8 }, () => confirmContact(alex, id, another(code)).then(outcome)));
    expect(guesses.every(([status]) => status === 400)).toBe(true);
    // Five were tried, so that the right one comes too late.
    expect(await outcome(await confirmContact(alex, id, code))).toEqual([400, "code_invalid"]);
    expect((await rows())[0]).toMatchObject({ code_tries: 5, confirmed_at: null });

    // Each code has its tries, and there are ten of them within the hour, also where the address is removed between.
    for (let codes = 1; codes < 10; codes += 1) {
      await added(alex, wish, 202);
      if (codes === 5) await call("DELETE", `/api/v1/me/contacts/${(await rows())[0]?.["id"] ?? ""}`, { cookie: alex.cookie });
    }
    expect(await outcome(await addContact(alex, wish))).toEqual([429, "rate_limited"]);
    expect(await receivers.requests("api.resend.com")).toHaveLength(10);
  });

  it("is nobody else’s to confirm, and its code is too old after a quarter of an hour", async () => {
    const mail = await putMail();
    await receivers.answer("api.resend.com", { status: 200, body: '{"id":"1"}' });
    const { id } = await added(alex, { kind: "email", channel: mail, address: "alex@example.com" }, 202);
    const code = await codeSent("api.resend.com");
    const blair = await admitted(alex, "blair");
    expect(await outcome(await confirmContact(blair, id, code))).toEqual([400, "code_invalid"]);
    await env.DB.prepare("UPDATE contact SET code_expires_at = ?1").bind(new Date().toISOString()).run();
    expect(await outcome(await confirmContact(alex, id, code))).toEqual([400, "code_invalid"]);
  });
});

describe("a stolen session", () => {
  it("can add a device; every contact that was there is told, and a page shows its label as text", async () => {
    const first = await added(alex, await device(push, PUSH));
    const label = '<img src=x onerror="alert(1)">\u202E"';
    const second = await added(alex, await device(push, "https://push.example.com/thief", label));
    expect((await messages()).map(({ type, contact_id, content }) => [type, contact_id, JSON.parse(content) as object])).toEqual([
      [
        "contact.added",
        first.id,
        { type: "contact.added", at: expect.any(String), url: "https://gate.example.com/account/notifications", contact: { label } },
      ],
    ]);
    expect(second.id).not.toBe(first.id);
    const page = await (await call("GET", "/account/notifications", { cookie: alex.cookie })).text();
    const shown = page.slice(0, page.indexOf('<script type="application/json"'));
    expect(page).not.toContain("<img src=x");
    expect(shown).not.toContain("\u202E");
    expect(shown).toContain("U+202E");
    // The network is shared with the next test.
    await expect.poll(async () => (await receivers.requests()).length).toBe(1);
  });

  it("can remove what the person is told over, and each of it is told so, before a device of the thief's is all that there is", async () => {
    await receivers.answer(MAIL, { status: 200, body: '{"id":"1"}' });
    await receivers.answer("push.example.com", { status: 201 });
    const own = await added(alex, await device(push, PUSH));
    const ids = [await putContact(alex.id, await putMail(), "alex@example.com"), own.id, (await waitingContact(alex, push.channel)).id];
    for (const id of ids)
      expect(await outcome(await call("DELETE", `/api/v1/me/contacts/${id}`, { cookie: alex.cookie }))).toEqual([204, undefined]);
    await added(alex, await device(push, "https://push.example.com/thief"));
    await expect.poll(async () => (await receivers.requests()).map(({ path }) => path).toSorted()).toEqual(["/emails", "/send/1"]);
    const [mailed] = await receivers.requests(MAIL);
    expect(JSON.parse(mailed?.body ?? "")).toMatchObject({ to: ["alex@example.com"], subject: "You are told nothing here any more" });
    expect(await messages()).toEqual([]);
  });
});

it("settings are checked, and are what was set", async () => {
  const settings = { order: ["email", "webpush"], next_after_minutes: 3, zone: "Europe/Berlin", quiet: { from: "22:00", to: "07:00" } };
  const put = async (body: object) => call("PUT", "/api/v1/me/notifications", { cookie: alex.cookie, body });
  expect((await notificationsOf(alex)).settings).toEqual({
    order: ["webpush", "slack", "email"],
    next_after_minutes: 5,
    zone: "UTC",
    quiet: null,
  });
  expect(await given(await put(settings))).toEqual(settings);
  expect((await notificationsOf(alex)).settings).toEqual(settings);
  for (const wrong of [
    { zone: "Mars/Olympus" },
    { zone: "+02:00" },
    { order: [] },
    { order: ["email", "email"] },
    { order: ["webhook"] },
    { next_after_minutes: 1_441 },
    { next_after_minutes: 0.5 },
    { quiet: { from: "24:00", to: "07:00" } },
    { quiet: { from: "07:00", to: "07:00" } },
  ]) {
    expect(await outcome(await put({ ...settings, ...wrong })), JSON.stringify(wrong)).toEqual([400, "invalid_request"]);
  }
  expect((await notificationsOf(alex)).settings).toEqual(settings);
});
