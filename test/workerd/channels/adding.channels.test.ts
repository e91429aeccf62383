/** A channel from its draft to its removal, over the real routes, with a receiver on a real socket. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, test } from "vitest";
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import type { ChannelItem, MessageItem } from "#api/channel-data.ts";
import { given } from "#test/workerd/support/invited.ts";
import { call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  addedChannel,
  askChannelDraft,
  channelCall,
  channelIn,
  draftOfChannel,
  leafKeys,
  removedChannel,
  signChannel,
  SLACK,
  SLACK_CREDENTIAL,
  WEBHOOK,
} from "#test/workerd/support/channels/signed-channels.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const HOST = "hooks.example.com";

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
});

const channels = async (): Promise<ChannelItem[]> =>
  (await given<{ items: ChannelItem[] }>(await call("GET", "/api/v1/channels", { cookie: alex.cookie }))).items;
const stateOf = async (id: string) => (await channels()).find((one) => one.id === id)?.state;
const messagesOf = async (query = ""): Promise<MessageItem[]> =>
  (await given<{ items: MessageItem[] }>(await call("GET", `/api/v1/messages${query}`, { cookie: alex.cookie }))).items;

describe("a webhook", () => {
  test("is drafted, signed for, tested and removed; what it is told is signed with the secret that was shown once", async () => {
    const drafted = await draftOfChannel(alex, { draft: "add", name: "systems", settings: WEBHOOK });
    expect(drafted.settings).toEqual({ ...WEBHOOK, public_key: null });
    expect(drafted.secret).toMatch(/^whsec_/);
    expect(drafted.statement.parameters).toEqual({
      channel: {
        id: expect.stringMatching(/^chn_[A-Za-z0-9_-]{22}$/) as string,
        name: "systems",
        kind: "webhook",
        origin: "https://hooks.example.com",
        settings_hash: hex(hashJson({ ...WEBHOOK, events: [...WEBHOOK.events], public_key: null })),
        credential_hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    });

    const { id, secret } = await addedChannel(alex);
    expect(await channels()).toMatchObject([{ id, name: "systems", state: "unverified", number: 1, failing_since: null }]);
    await receivers.answer(HOST, { status: 204 });
    expect(await given(await channelCall(alex, id, "test"))).toEqual({ sent: true, answer: "http_204", state: "active" });

    const [received] = await receivers.requests(HOST);
    if (received === undefined || secret === null) throw new Error("nothing was sent");
    const verified = new Webhook(secret).verify(received.body, received.headers) as { type: string };
    expect(verified.type).toBe("channel.test");
    expect(await messagesOf("?state=sent")).toMatchObject([
      { id: received.headers["webhook-id"], type: "channel.test", answer: "http_204" },
    ]);

    expect((await removedChannel(alex, id)).status).toBe(204);
    expect(await channels()).toEqual([]);
    const row = await env.DB.prepare("SELECT state, credential FROM channel WHERE id = ?1").bind(id).first();
    expect(row).toEqual({ state: "removed", credential: null });
    expect(await leafKeys("channel:")).toEqual([`channel:${id}:1`, `channel:${id}:removed`]);
    expect((await removedChannel(alex, id)).status).toBe(204);
    expect(await outcome(await channelCall(alex, id, "test"))).toEqual([404, "not_found"]);
  });

  test("is in the log with the hash of exactly what is kept of its credential", async () => {
    const { id } = await addedChannel(alex);
    const row = await env.DB.prepare("SELECT credential, leaf_index FROM channel WHERE id = ?1").bind(id).first<{
      credential: string;
      leaf_index: number;
    }>();
    const record = await env.DB.prepare("SELECT record FROM log_leaf WHERE idx = ?1").bind(row?.leaf_index).first<string>("record");
    const { channel } = JSON.parse(record ?? "") as { channel: { credential_hash: string } };
    expect(channel.credential_hash).toBe(hex(sha256(utf8(row?.credential ?? ""))));
  });

  test("that takes no test stays unverified, and the test is not tried again", async () => {
    const { id } = await addedChannel(alex);
    await receivers.answer(HOST, { status: 503 });
    expect(await given(await channelCall(alex, id, "test"))).toEqual({ sent: false, answer: "http_503", state: "unverified" });
    expect(await messagesOf("?state=failed")).toMatchObject([{ type: "channel.test", attempts: 1, next_at: null }]);
    expect(await stateOf(id)).toBe("unverified");
  });

  test("gets a new secret, and signs with both for a day; it goes on as it was", async () => {
    const { id, secret } = await addedChannel(alex);
    await receivers.answer(HOST, {});
    await given(await channelCall(alex, id, "test"));
    const { drafted, answer } = await signChannel(alex, { draft: "rotate", channel: id });
    await given(answer);
    expect(drafted.secret).toMatch(/^whsec_/);
    expect(drafted.secret).not.toBe(secret);
    expect(await channels()).toMatchObject([{ id, state: "active", number: 2 }]);
    await given(await channelCall(alex, id, "test"));
    const sent = (await receivers.requests(HOST)).at(-1);
    if (sent === undefined) throw new Error("nothing was sent");
    for (const one of [secret, drafted.secret]) expect(() => new Webhook(one ?? "").verify(sent.body, sent.headers)).not.toThrow();
    expect(await leafKeys("channel:")).toEqual([`channel:${id}:1`, `channel:${id}:2`]);
  });

  test("at another address is to be tested again; at another host it has another secret as well", async () => {
    const { id } = await addedChannel(alex);
    await receivers.answer(HOST, {});
    await given(await channelCall(alex, id, "test"));
    const change = (settings: object, name = "systems") => signChannel(alex, { draft: "change", channel: id, name, settings });
    const renamed = await change({ ...WEBHOOK, events: ["call.*"] }, "other systems");
    await given(renamed.answer);
    expect(await channels()).toMatchObject([{ name: "other systems", state: "active", settings: { events: ["call.*"] } }]);
    expect(renamed.drafted.secret).toBeNull();

    const moved = await change({ ...WEBHOOK, url: `https://${HOST}/other` });
    await given(moved.answer);
    expect(await stateOf(id)).toBe("unverified");
    expect(channelIn(moved.drafted.statement).credential_hash).toBe(channelIn(renamed.drafted.statement).credential_hash);
    expect(moved.drafted.secret).toBeNull();

    const elsewhere = await change({ ...WEBHOOK, url: "https://elsewhere.example.com/in" });
    expect(elsewhere.drafted.secret).toMatch(/^whsec_/);
    expect(channelIn(elsewhere.drafted.statement).credential_hash).not.toBe(channelIn(moved.drafted.statement).credential_hash);
  });

  test("that signs with a key pair says its public key, and shows no secret", async () => {
    const drafted = await draftOfChannel(alex, { draft: "add", name: "keys", settings: { ...WEBHOOK, signing: "ed25519" } });
    expect(drafted.secret).toBeNull();
    expect(drafted.settings["public_key"]).toMatch(/^whpk_/);
    const sealed = await env.DB.prepare("SELECT credential FROM channel_draft").first<string>("credential");
    expect(channelIn(drafted.statement).credential_hash).toBe(hex(sha256(utf8(sealed ?? ""))));
  });
});

describe("what is disabled", () => {
  test("stays so through a test, and is used again once enabling has tested it", async () => {
    const { id } = await addedChannel(alex);
    await env.DB.prepare("UPDATE channel SET state = 'disabled'").run();
    await receivers.answer(HOST, {});
    expect(await given(await channelCall(alex, id, "test"))).toMatchObject({ sent: true, state: "disabled" });
    await receivers.answer(HOST, { status: 500 });
    expect(await given(await channelCall(alex, id, "enable"))).toMatchObject({ sent: false, state: "disabled" });
    await receivers.answer(HOST, {});
    expect(await given(await channelCall(alex, id, "enable"))).toMatchObject({ sent: true, state: "active" });
  });
});

describe("a channel that is not made here", () => {
  const refused = async (settings: object, credential: object | null = null, name = "chat") => {
    const answer = await askChannelDraft(alex, { draft: "add", name, settings, credential });
    const { code, errors } = await answer.json<{ code: string; errors?: { field: string }[] }>();
    return [answer.status, code, errors?.map(({ field }) => field).join()];
  };

  test.each([
    ["an address of this machine", { ...WEBHOOK, url: "https://127.0.0.1/in" }, null, "settings.url"],
    ["no HTTPS", { ...WEBHOOK, url: "http://hooks.example.com/in" }, null, "settings.url"],
    ["the gate itself", { ...WEBHOOK, url: "https://gate.example.com/in" }, null, "settings.url"],
    ["an event that there is not", { ...WEBHOOK, events: ["aproval.*"] }, null, "settings.events"],
    ["a pattern that is none", { ...WEBHOOK, events: ["approval.[a-z]*"] }, null, "settings.events"],
    ["a pattern of many stars", { ...WEBHOOK, events: ["*a*p*p*"] }, null, "settings.events"],
    ["no event", { ...WEBHOOK, events: [] }, null, "settings.events"],
    ["a token of a person's", SLACK, { bot_token: "xoxp-123456789012-abcdefgh" }, "credential.bot_token"],
    ["no token", SLACK, null, "credential"],
    ["a signing secret that is none", SLACK, { ...SLACK_CREDENTIAL, signing_secret: "short" }, "credential.signing_secret"],
    ["a credential that it has none of", WEBHOOK, SLACK_CREDENTIAL, "credential"],
    ["a name for an ID", { kind: "slack", places: [{ group: null, to: "#general" }] }, SLACK_CREDENTIAL, "settings.places[0].to"],
    ["pushes in nobody's name", { kind: "webpush", subject: "https://localhost" }, null, "settings.subject"],
    [
      "mail in nobody's name",
      { kind: "email", via: "resend", from: "A <a@example.com>", relay: null, places: [] },
      { api_key: "re_12345678" },
      "settings.from",
    ],
    [
      "a header that is HTTP's own",
      {
        kind: "email",
        via: "relay",
        from: "a@example.com",
        relay: { url: "https://relay.example.com/", header: "Host", template: "{}" },
        places: [],
      },
      { api_key: "key_12345678" },
      "settings.relay.header",
    ],
    [
      "a template without a place for the text",
      {
        kind: "email",
        via: "relay",
        from: "a@example.com",
        relay: { url: "https://relay.example.com/", header: "X-Key", template: '{"to":"{{to}}","subject":"{{subject}}"}' },
        places: [],
      },
      { api_key: "key_12345678" },
      "settings.relay.template",
    ],
    ["a kind that there is not", { kind: "sms", number: "1" }, null, "settings.kind"],
  ])("%s", async (_, settings, credential, field) => {
    expect(await refused(settings, credential)).toEqual([400, "invalid_request", field]);
  });

  test("a second one for pushes, and one whose name looks like another's", async () => {
    const pushes = { kind: "webpush", subject: "mailto:ops@example.com" };
    await addedChannel(alex, pushes, "phones");
    expect(await refused(pushes, null, "tablets")).toEqual([400, "invalid_request", "settings.kind"]);
    expect(await refused(WEBHOOK, null, "Phоnes")).toEqual([400, "invalid_request", "name"]);
  });
});
