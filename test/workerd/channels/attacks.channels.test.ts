/** What could be done to channels by who should not: without a signature, with one for something else, between draft and signature, by name. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { WaitingChannel } from "#api/channel-data.ts";
import type { Role } from "#countersign/documents/record.ts";
import { putWebhook } from "#test/workerd/support/channels/channels-in-force.ts";
import { admitted, changeRoles, given } from "#test/workerd/support/invited.ts";
import { authorise, call, enrolFirst, outcome, type Someone } from "#test/workerd/support/people.ts";
import { receivers } from "#test/workerd/support/channels/receivers.ts";
import {
  addedChannel,
  askChannelDraft,
  channelCall,
  channelIn,
  draftOfChannel,
  leafKeys,
  removedChannel,
  sendChannel,
  signChannel,
  SLACK,
  SLACK_CREDENTIAL,
  WEBHOOK,
} from "#test/workerd/support/channels/signed-channels.ts";
import { emptyStorage } from "#test/workerd/support/storage.ts";

const TWO = { ADMINS_REQUIRED: "2" };
const ADD = { draft: "add", name: "systems", settings: WEBHOOK };

let alex: Someone;
beforeEach(async () => {
  await emptyStorage();
  await receivers.reset();
  alex = await enrolFirst();
});

const rows = async (): Promise<Record<string, unknown>[]> => (await env.DB.prepare("SELECT * FROM channel").all()).results;
const waiting = async (): Promise<WaitingChannel[]> => {
  const answer = await call("GET", "/api/v1/channels", { cookie: alex.cookie, settings: TWO });
  return (await given<{ waiting: WaitingChannel[] }>(answer)).waiting;
};

describe("where two admins have to sign", () => {
  let blair: Someone;
  beforeEach(async () => {
    blair = await admitted(alex, "blair", ["admin"]);
  });

  test("the second signs for the very settings and the very credential, and never learns the secret", async () => {
    const { drafted, answer } = await signChannel(alex, ADD, TWO);
    expect(await given(answer, 202)).toMatchObject({ name: "systems", signatures: 1, required: 2 });
    expect(await rows()).toEqual([]);
    const [draft] = await waiting();
    expect(draft).toMatchObject({ change: "channel.added", name: "systems", settings: drafted.settings, signed_by: [alex.id] });

    const page = await (await call("GET", "/admin/channels", { cookie: blair.cookie, settings: TWO })).text();
    expect(page).toContain("1 of 2 admins have signed: alex.");
    expect(page).toContain(`data-sign="${draft?.operation ?? ""}"`);

    const again = await draftOfChannel(blair, { draft: "again", operation: draft?.operation, name: "systems" });
    expect(again.statement.parameters).toEqual(drafted.statement.parameters);
    expect(again.secret).toBeNull();
    await given(await sendChannel(blair, null, await authorise(blair.passkey, again.statement), TWO), 201);
    expect(await rows()).toMatchObject([{ id: channelIn(drafted.statement).id, state: "unverified" }]);
    expect(await waiting()).toEqual([]);
    expect(await env.DB.prepare("SELECT count(*) AS drafts FROM channel_draft").first("drafts")).toBe(0);
  });

  test("what is taken back is gone, draft and all", async () => {
    const { answer } = await signChannel(alex, ADD, TWO);
    await given(answer, 202);
    const [draft] = await waiting();
    const again = await draftOfChannel(blair, { draft: "again", operation: draft?.operation, name: "systems" });
    expect((await call("DELETE", `/api/v1/signatures/${draft?.operation ?? ""}`, { cookie: alex.cookie })).status).toBe(204);
    const late = await sendChannel(blair, null, await authorise(blair.passkey, again.statement), TWO);
    expect(await outcome(late)).toEqual([409, "channel_changed"]);
    expect(await outcome(await askChannelDraft(blair, { draft: "again", operation: draft?.operation, name: "systems" }))).toEqual([
      409,
      "channel_changed",
    ]);
    expect(await rows()).toEqual([]);
  });

  test("the second cannot be given another name for it to sign", async () => {
    await given((await signChannel(alex, ADD, TWO)).answer, 202);
    const [draft] = await waiting();
    expect(await outcome(await askChannelDraft(blair, { draft: "again", operation: draft?.operation, name: "other" }))).toEqual([
      409,
      "channel_changed",
    ]);
  });

  test("a change that was drafted before another one came into force is not made any more", async () => {
    const { id } = await addedChannel(alex);
    await given((await signChannel(alex, { draft: "change", channel: id, name: "late", settings: WEBHOOK }, TWO)).answer, 202);
    const [draft] = await waiting();
    await given((await signChannel(alex, { draft: "rotate", channel: id })).answer);
    const again = await draftOfChannel(blair, { draft: "again", operation: draft?.operation, name: "late" });
    const late = await sendChannel(blair, id, await authorise(blair.passkey, again.statement), TWO);
    expect(await outcome(late)).toEqual([409, "channel_changed"]);
    expect(await leafKeys("channel:")).toEqual([`channel:${id}:1`, `channel:${id}:2`]);
  });

  test("one who is an admin no more has signed for nothing", async () => {
    await given((await signChannel(blair, ADD, TWO)).answer, 202);
    const [draft] = await waiting();
    await given(await changeRoles(alex, blair.id, []));
    const again = await askChannelDraft(alex, { draft: "again", operation: draft?.operation, name: "systems" });
    expect(await outcome(again)).toEqual([409, "channel_changed"]);
    expect(await waiting()).toEqual([]);
    expect(await rows()).toEqual([]);
  });
});

describe("between draft and signature", () => {
  /** Status and code of a signature after the database was changed. */
  const swapped = async (sql: string): Promise<[number, string | undefined]> => {
    const { statement } = await draftOfChannel(alex, ADD);
    const other = await draftOfChannel(alex, { ...ADD, settings: { ...WEBHOOK, url: "https://evil.example.com/in" } });
    const id = channelIn(statement).id;
    const changed = await env.DB.prepare(sql).bind(id, channelIn(other.statement).id).run();
    expect(changed.meta.changes).toBeGreaterThan(0);
    return outcome(await sendChannel(alex, null, await authorise(alex.passkey, statement)));
  };

  test.each([
    ["settings that are put in the place of others are not signed for", "settings"],
    ["nor is another credential", "credential"],
  ])("%s", async (_, column) => {
    const other = `(SELECT ${column} FROM channel_draft WHERE channel_id = ?2)`;
    expect(await swapped(`UPDATE channel_draft SET ${column} = ${other} WHERE channel_id = ?1`)).toEqual([403, "decision_not_accepted"]);
    expect(await rows()).toEqual([]);
  });

  test("a credential does not open for another channel, or for another host, should it come there", async () => {
    const [one, other] = [await addedChannel(alex), await addedChannel(alex, { ...WEBHOOK, url: "https://evil.example.com/in" }, "other")];
    await env.DB.prepare("UPDATE channel SET credential = (SELECT credential FROM channel WHERE id = ?1) WHERE id = ?2")
      .bind(one.id, other.id)
      .run();
    expect(await given(await channelCall(alex, other.id, "test"))).toMatchObject({ sent: false, answer: "vault_locked" });
    const moved = { ...one.settings, url: "https://evil.example.com/in" };
    await env.DB.prepare("UPDATE channel SET settings = ?2 WHERE id = ?1").bind(one.id, JSON.stringify(moved)).run();
    expect(await given(await channelCall(alex, one.id, "test"))).toMatchObject({ sent: false, answer: "vault_locked" });
    expect(await receivers.requests("evil.example.com")).toEqual([]);
  });

  test("a credential that was given is wanted again for another host", async () => {
    const mail = { kind: "email", via: "resend", from: "a@example.com", relay: null, places: [] };
    const { id } = await addedChannel(alex, mail, "mail", { api_key: "re_12345678" });
    const change = (settings: object, credential: object | null = null) =>
      askChannelDraft(alex, { draft: "change", channel: id, name: "mail", settings, credential });
    const relay = {
      ...mail,
      via: "relay",
      relay: { url: "https://evil.example.com/", header: "X-Key", template: '["{{to}}","{{subject}}","{{text}}"]' },
    };
    const refused = await change(relay);
    expect([refused.status, await refused.json()]).toMatchObject([400, { errors: [{ field: "credential" }] }]);
    expect((await change(relay, { api_key: "other_12345678" })).status).toBe(200);
    expect((await change({ ...mail, from: "b@example.com" })).status).toBe(200);
  });

  test("an admin has twenty drafts at most, and one that nobody signed for is gone after an hour", async () => {
    const first = await draftOfChannel(alex, ADD);
    for (let made = 0; made < 20; made++) await draftOfChannel(alex, { ...ADD, name: `systems ${made}` });
    expect(await env.DB.prepare("SELECT count(*) AS drafts FROM channel_draft").first("drafts")).toBe(20);
    expect(await outcome(await sendChannel(alex, null, await authorise(alex.passkey, first.statement)))).toEqual([409, "channel_changed"]);
    await env.DB.prepare("UPDATE channel_draft SET made_at = '2026-01-01T00:00:00.000Z'").run();
    await draftOfChannel(alex, ADD);
    expect(await env.DB.prepare("SELECT count(*) AS drafts FROM channel_draft").first("drafts")).toBe(1);
  });
});

describe("a signature", () => {
  test("serves once, and for nothing but what it was given for", async () => {
    const { statement } = await draftOfChannel(alex, ADD);
    const authorisation = await authorise(alex.passkey, statement);
    const other = await addedChannel(alex, { ...WEBHOOK, url: "https://other.example.com/" }, "other");
    expect(await outcome(await sendChannel(alex, other.id, authorisation))).toEqual([403, "decision_not_accepted"]);
    expect((await sendChannel(alex, null, authorisation)).status).toBe(201);
    expect((await sendChannel(alex, null, authorisation)).ok).toBe(false);
    expect(await rows()).toHaveLength(2);
  });

  test("for a change of one channel changes no other, and for one that is removed nothing", async () => {
    const [one, other] = [await addedChannel(alex), await addedChannel(alex, { ...WEBHOOK, url: "https://other.example.com/" }, "other")];
    const { statement } = await draftOfChannel(alex, { draft: "change", channel: one.id, name: "renamed", settings: WEBHOOK });
    const authorisation = await authorise(alex.passkey, statement);
    expect(await outcome(await sendChannel(alex, other.id, authorisation))).toEqual([403, "decision_not_accepted"]);
    expect((await removedChannel(alex, one.id)).status).toBe(204);
    expect((await sendChannel(alex, one.id, authorisation)).ok).toBe(false);
    expect((await rows()).map(({ id, state }) => [id, state])).toEqual([
      [one.id, "removed"],
      [other.id, "unverified"],
    ]);
  });

  test("for the statement of somebody else's session is not taken", async () => {
    const blair = await admitted(alex, "blair", ["admin"]);
    const { statement } = await draftOfChannel(alex, ADD);
    const forged = await authorise(blair.passkey, { ...statement, admin: blair.id });
    expect(await outcome(await sendChannel(alex, null, forged))).toEqual([403, "decision_not_accepted"]);
  });
});

test.each([
  ["Systems", "its own in capitals"],
  ["sуstems", "with a letter of another alphabet"],
  ["sys-tems", "with a hyphen"],
])("a name that could be read for another's is refused: %s, %s", async (name) => {
  await addedChannel(alex);
  const answer = await askChannelDraft(alex, { ...ADD, name });
  expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ field: "name" }] }]);
});

test("two channels of one name that are signed for at the same moment: one is there", async () => {
  const drafts = [
    await draftOfChannel(alex, ADD),
    await draftOfChannel(alex, { ...ADD, settings: { ...WEBHOOK, url: "https://b.example.com/" } }),
  ];
  const signed = await Promise.all(drafts.map(({ statement }) => authorise(alex.passkey, statement)));
  const answers = await Promise.all(signed.map((one) => sendChannel(alex, null, one)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 400]);
  expect(await rows()).toHaveLength(1);
});

test.each([
  ["an auditor", ["auditor"], 200],
  ["an approver", ["approver"], 403],
] as const)("%s changes nothing of channels and messages, and reads them or does not", async (_, roles, reads) => {
  const someone = await admitted(alex, "blair", [...roles] as Role[]);
  const id = await putWebhook(["key.rotated"]);
  const as = (method: string, path: string, body?: object) =>
    call(method, path, { cookie: someone.cookie, ...(body === undefined ? {} : { body }) });
  const changes = [
    as("POST", "/admin/channels/statement", ADD),
    as("POST", "/api/v1/channels", { authorisation: [] }),
    as("PUT", `/api/v1/channels/${id}`, { authorisation: [] }),
    as("DELETE", `/api/v1/channels/${id}`),
    as("POST", `/api/v1/channels/${id}/test`),
    as("POST", `/api/v1/channels/${id}/enable`),
    as("POST", `/api/v1/channels/${id}/replay`, { from: "2026-01-01T00:00Z" }),
    as("POST", "/api/v1/messages/msg_1/resend"),
  ];
  for (const answer of await Promise.all(changes)) expect(await outcome(answer)).toEqual([403, "forbidden"]);
  expect((await Promise.all(["channels", "messages"].map((what) => as("GET", `/api/v1/${what}`)))).map(({ status }) => status)).toEqual([
    reads,
    reads,
  ]);
  expect(await rows()).toMatchObject([{ id, state: "active", number: 1 }]);
});

test("no secret is in what is logged, recorded, listed or shown on a page", async () => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...said: unknown[]) => void lines.push(said.map(String).join(" ")));
  const { secret } = await addedChannel(alex);
  await addedChannel(alex, SLACK, "chat", SLACK_CREDENTIAL);
  const wrong = await askChannelDraft(alex, {
    draft: "add",
    name: "b",
    settings: SLACK,
    credential: { bot_token: "xoxp-secret-of-a-person" },
  });
  const texts = [
    lines.join("\n"),
    await wrong.text(),
    ...(await Promise.all(
      ["/api/v1/channels", "/api/v1/messages", "/admin/channels"].map(async (path) =>
        (await call("GET", path, { cookie: alex.cookie })).text(),
      ),
    )),
    JSON.stringify((await env.DB.prepare("SELECT record FROM log_leaf").all()).results),
    JSON.stringify(await rows()),
  ];
  vi.restoreAllMocks();
  expect(secret).toMatch(/^whsec_/);
  for (const text of texts)
    for (const one of [secret ?? "", SLACK_CREDENTIAL.bot_token, SLACK_CREDENTIAL.signing_secret, "xoxp-secret"])
      expect(text).not.toContain(one);
});

describe("what Slack sends", () => {
  /** As Slack signs: HMAC-SHA-256 over `v0:<seconds>:<body>`. */
  async function signedBySlack(body: string, secret = SLACK_CREDENTIAL.signing_secret, seconds = Math.floor(Date.now() / 1000)) {
    const encoder = new TextEncoder();
    const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(`v0:${seconds}:${body}`)));
    const signature = `v0=${[...mac].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    return {
      "x-slack-request-timestamp": String(seconds),
      "x-slack-signature": signature,
      "content-type": "application/x-www-form-urlencoded",
    };
  }
  const post = (id: string, text: string, headers: Record<string, string>) =>
    call("POST", `/channels/slack/${id}/interactions`, { origin: null, text, headers });

  test("is answered at once with nothing if Slack signed it for this channel, and is refused otherwise; it changes nothing", async () => {
    const { id } = await addedChannel(alex, SLACK, "chat", SLACK_CREDENTIAL);
    const { id: webhook } = await addedChannel(alex);
    const before = JSON.stringify(await rows());
    const body = "payload=%7B%22type%22%3A%22block_actions%22%7D";
    const good = await post(id, body, await signedBySlack(body));
    expect([good.status, await good.text()]).toEqual([200, ""]);
    const now = Math.floor(Date.now() / 1000);
    for (const [who, text, headers] of [
      [id, `${body}x`, await signedBySlack(body)],
      [id, body, await signedBySlack(body, "0".repeat(32))],
      [id, body, await signedBySlack(body, SLACK_CREDENTIAL.signing_secret, now - 400)],
      [id, body, {}],
      [webhook, body, await signedBySlack(body)],
      ["chn_unknown", body, await signedBySlack(body)],
    ] as const) {
      expect(await outcome(await post(who, text, headers))).toEqual([401, "unauthorized"]);
    }
    expect(JSON.stringify(await rows())).toBe(before);
  });

  test("is from nobody where the channel has no signing secret", async () => {
    const { id } = await addedChannel(alex, SLACK, "chat", { bot_token: SLACK_CREDENTIAL.bot_token });
    for (const secret of ["x", "null"])
      expect(await outcome(await post(id, "a=b", await signedBySlack("a=b", secret)))).toEqual([401, "unauthorized"]);
  });
});

test("without the vault's secret nothing is drafted or tested, and the answer says what to do", async () => {
  const settings = { VAULT_SECRET: "" };
  const id = await putWebhook(["key.rotated"]);
  const as = (method: string, path: string, body?: object) =>
    call(method, path, { cookie: alex.cookie, settings, ...(body === undefined ? {} : { body }) });
  expect(await outcome(await as("POST", "/admin/channels/statement", ADD))).toEqual([503, "channels_not_available"]);
  expect(await outcome(await as("POST", `/api/v1/channels/${id}/test`))).toEqual([503, "channels_not_available"]);
  expect(await given(await as("GET", "/api/v1/channels"))).toMatchObject({ available: false, items: [{ id }] });
  expect(await (await as("GET", "/admin/channels")).text()).toContain("VAULT_SECRET");
  expect((await as("DELETE", `/api/v1/channels/${id}`)).status).toBe(204);
});
