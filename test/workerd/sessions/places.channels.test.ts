/** Signing in from somewhere new is told to whose session it is, over the contacts that they have; from there again it is not. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { messages, putPush } from "#test/workerd/support/channels/channels-in-force.ts";
import { addContact, device, waitingContact } from "#test/workerd/support/channels/notifications.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import { admitted, given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, outcome, signInBody, type Someone } from "#test/workerd/support/people.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36";
const NEWER_PHONE = PHONE.replace("141", "142").replace("Pixel 9", "Pixel 10");
const DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";

let alex: Someone;
let push: Awaited<ReturnType<typeof putPush>>;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  await receivers.answer("push.example.com", { status: 201 });
  alex = await enrolFirst();
  push = await putPush();
});

const from = async (userAgent: string, who = alex): Promise<Response> =>
  call("POST", "/sign-in/finish", { body: await signInBody(who.passkey), headers: { "user-agent": userAgent } });
const told = () => messages("type = 'session.opened'");
const reached = async (who: Someone, at = "1"): Promise<string> =>
  (await given<{ id: string }>(await addContact(who, await device(push, `https://push.example.com/${at}`)), 201)).id;
const places = async () =>
  (await env.DB.prepare("SELECT place FROM sign_in_place WHERE person_id = ?1 ORDER BY place").bind(alex.id).all()).results;

describe("somewhere new", () => {
  it("is told once, over what the person had, and sent", async () => {
    const contact = await reached(alex);
    expect((await from(PHONE)).status).toBe(200);
    expect((await from(NEWER_PHONE)).status).toBe(200);
    const [message, ...others] = await told();
    expect([others, message?.contact_id, message?.person_id]).toEqual([[], contact, alex.id]);
    expect(JSON.parse(message?.content ?? "")).toEqual({
      type: "session.opened",
      at: expect.any(String) as unknown,
      url: "https://gate.example.com/account",
      place: "Chrome on Android",
    });
    await expect.poll(async () => (await receivers.requests("push.example.com")).length).toBe(1);
    expect((await from(DESK)).status).toBe(200);
    expect((await told()).map(({ content }) => (JSON.parse(content) as { place: string }).place).toSorted()).toEqual([
      "Chrome on Android",
      "Firefox on Linux",
    ]);
    await expect.poll(async () => (await receivers.requests("push.example.com")).length).toBe(2);
  });

  it("is told to nobody who is reached over nothing, nor over what is not confirmed, and to nobody else", async () => {
    await waitingContact(alex, push.channel);
    const blair = await admitted(alex, "blair");
    await reached(blair);
    expect((await from(PHONE)).status).toBe(200);
    expect(await told()).toEqual([]);
    // They have been seen there since: a contact that comes later is told of other places.
    await reached(alex, "2");
    expect((await from(PHONE)).status).toBe(200);
    expect(await told()).toEqual([]);
  });

  it("is told once of two at the same moment", async () => {
    await reached(alex);
    expect((await Promise.all([from(PHONE), from(PHONE)])).map(({ status }) => status)).toEqual([200, 200]);
    expect(await told()).toHaveLength(1);
  });

  it("is no place of whoever is refused, and nothing of a header is kept or told", async () => {
    await reached(alex);
    const before = await places();
    const thief = await admitted(alex, "blair");
    const body = await signInBody(thief.passkey, { userVerified: false });
    expect(await outcome(await call("POST", "/sign-in/finish", { body, headers: { "user-agent": PHONE } }))).toEqual([401, "unauthorized"]);
    expect([await told(), await places()]).toEqual([[], before]);
    expect((await from("<b>Chrome/</b> \u00fc".repeat(100))).status).toBe(200);
    expect(JSON.stringify([await told(), await places()])).not.toContain("<b>");
  });

  it("signs in just as well where an answer is sent again: the nonce is spent, and nobody is told twice", async () => {
    await reached(alex);
    const body = await signInBody(alex.passkey);
    const once = () => call("POST", "/sign-in/finish", { body, headers: { "user-agent": PHONE } });
    expect((await once()).status).toBe(200);
    expect((await once()).status).toBe(401);
    expect(await told()).toHaveLength(1);
  });
});
