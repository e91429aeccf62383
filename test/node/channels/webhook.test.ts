/** Signed webhooks over real HTTP, checked as receivers check them: by the library of Standard Webhooks, and by Node's own Ed25519. */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { newWebhookCredential, publicKeyOf, rotateWebhookCredential, sharedSecretOf } from "#channels/webhook-keys.ts";
import { senders } from "#channels/senders.ts";
import type { OpenChannel, Outgoing } from "#gate/channels/channel.ts";
import { NOW, outgoing, PAGE, toldContent, toldRequest } from "#test/support/channels/messages.ts";
import { Receiver, type GivenAnswer } from "#test/support/channels/receiver.ts";

const receiver = new Receiver();
beforeAll(() => receiver.start());
afterAll(() => receiver.stop());
beforeEach(() => receiver.reset());

/** Bytes that tell whose they are. */
const filled = (byte: number) => (length: number) => new Uint8Array(length).fill(byte);

const channel = (credential: string | null, signing: "hmac" | "ed25519" = "hmac"): OpenChannel => ({
  id: "chn_1",
  name: "ops",
  settings: { kind: "webhook", url: "https://hooks.example.com/in?from=gate", signing, public_key: null, events: ["*"] },
  credential,
});

const HMAC = newWebhookCredential("hmac", filled(1));

const sent = async (credential: string | null, changed: Partial<Outgoing> = {}, nowMs = Date.now()) =>
  await senders({ outbound: receiver.outbound, email: null, now: () => nowMs }).webhook.send(
    channel(credential),
    outgoing({ is: "channel" }, changed),
  );

const headersOf = (names = receiver.last.headers) => ({
  "webhook-id": String(names["webhook-id"]),
  "webhook-timestamp": String(names["webhook-timestamp"]),
  "webhook-signature": String(names["webhook-signature"]),
});

test("is what the library of Standard Webhooks accepts, under the secret that the receiver was given", async () => {
  expect(await sent(HMAC)).toEqual({ ok: true, value: { answer: "http_200", handle: null } });
  const secret = sharedSecretOf(HMAC) ?? "";
  expect(secret).toBe("whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
  expect(() => new Webhook(secret).verify(receiver.last.body, headersOf())).not.toThrow();
  const other = sharedSecretOf(newWebhookCredential("hmac", filled(2))) ?? "";
  expect(() => new Webhook(other).verify(receiver.last.body, headersOf())).toThrow("No matching signature");
  const changed = Buffer.from(receiver.last.body.toString().replace("apr_1", "apr_2"));
  expect(() => new Webhook(secret).verify(changed, headersOf())).toThrow("No matching signature");
});

test("says this, and nothing of a payload", async () => {
  await sent(HMAC, {
    content: toldContent({ leaf: { log: "gate.example.com/log", index: 7, request: null, agent: "agt_1" }, outcome: "succeeded" }),
  });
  expect(receiver.last).toMatchObject({ url: "https://hooks.example.com/in?from=gate", method: "POST" });
  expect(receiver.last.headers).toMatchObject({ "content-type": "application/json", "user-agent": "Countersign" });
  expect(receiver.last.body.toString()).toBe(
    `{"data":{"leaf":{"agent_id":"agt_1","index":7,"log":"gate.example.com/log","request_id":null},"link":"${PAGE}","outcome":"succeeded","request":{"action":"deploy to production","agent":{"id":"agt_1","name":"deploy-bot"},"approvals":0,"expires_at":"2026-11-20T09:30:00.000Z","id":"apr_1","requested_at":"2026-11-20T09:15:00.000Z","required":1,"risk":"high","status":"pending"}},"timestamp":"2026-11-20T09:15:00.000Z","type":"request.opened"}`,
  );
});

test("tells of many requests, a channel that is off, and a hidden action", async () => {
  const many = { agent: { id: "agt_1", name: "deploy-bot" }, count: 117, action: null, alike: 114, since: "2026-11-20T09:00:00.000Z" };
  await sent(HMAC, { content: { type: "requests.many", at: "2026-11-20T09:15:00.000Z", url: PAGE, many } });
  expect(JSON.parse(receiver.last.body.toString())).toEqual({
    type: "requests.many",
    timestamp: "2026-11-20T09:15:00.000Z",
    data: { link: PAGE, requests: many },
  });
  await sent(HMAC, {
    content: { type: "channel.disabled", at: "2026-11-20T09:15:00.000Z", url: PAGE, channel: { id: "chn_2", name: "b" } },
  });
  expect(JSON.parse(receiver.last.body.toString())).toMatchObject({ data: { channel: { id: "chn_2", name: "b" } } });
  await sent(HMAC, { content: toldContent({ request: toldRequest({ action: null }) }) });
  expect(JSON.parse(receiver.last.body.toString())).toMatchObject({ data: { request: { action: null } } });
});

test("sent again has the same id and body, and the time and signature of this attempt", async () => {
  await sent(HMAC, {}, NOW);
  await sent(HMAC, {}, NOW + 3_600_000);
  const [first, second] = receiver.received;
  expect([first?.headers["webhook-id"], second?.headers["webhook-id"]]).toEqual(["msg_0001", "msg_0001"]);
  expect(second?.body).toEqual(first?.body);
  expect([first?.headers["webhook-timestamp"], second?.headers["webhook-timestamp"]]).toEqual(["1795166130", "1795169730"]);
  expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
});

/** Of an independent implementation: Node's, from the raw key in a SubjectPublicKeyInfo (RFC 8410). */
function isSignedBy(publicKey: string | null, signature: string): boolean {
  const raw = Buffer.from((publicKey ?? "").replace(/^whpk_/, ""), "base64");
  const key = createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]), format: "der", type: "spki" });
  const { "webhook-id": id, "webhook-timestamp": at } = headersOf();
  const signed = Buffer.concat([Buffer.from(`${id}.${at}.`), receiver.last.body]);
  return verify(null, signed, key, Buffer.from(signature.replace(/^v1a,/, ""), "base64"));
}

test("with Ed25519 is verified by the public key alone", async () => {
  const credential = newWebhookCredential("ed25519", filled(3));
  const publicKey = await publicKeyOf(credential);
  expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
  expect(sharedSecretOf(credential)).toBeNull();
  await sent(credential);
  const signature = headersOf()["webhook-signature"];
  expect(signature).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
  expect(isSignedBy(publicKey, signature)).toBe(true);
  expect(isSignedBy(await publicKeyOf(newWebhookCredential("ed25519", filled(4))), signature)).toBe(false);
});

describe("while its keys are rotated", () => {
  const nowMs = Date.now();
  const rotated = rotateWebhookCredential(HMAC, nowMs + 60_000, filled(2));
  const credential = rotated.ok ? rotated.value : "";

  it("is signed with both, so that a receiver with either goes on", async () => {
    await sent(credential, {}, nowMs);
    expect(headersOf()["webhook-signature"].split(" ")).toHaveLength(2);
    for (const held of [HMAC, credential]) {
      expect(() => new Webhook(sharedSecretOf(held) ?? "").verify(receiver.last.body, headersOf())).not.toThrow();
    }
    expect(sharedSecretOf(credential)).toBe("whsec_AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=");
  });

  it("is signed with the new one alone once the overlap is over", async () => {
    await sent(credential, {}, nowMs + 60_000);
    expect(headersOf()["webhook-signature"].split(" ")).toHaveLength(1);
    expect(() => new Webhook(sharedSecretOf(HMAC) ?? "").verify(receiver.last.body, headersOf())).toThrow("No matching signature");
  });

  it("never has more than three, and none signs for longer than was said before", () => {
    let held = HMAC;
    for (let turn = 1; turn <= 4; turn++) {
      const next = rotateWebhookCredential(held, NOW + 1_000 * (5 - turn), filled(turn));
      held = next.ok ? next.value : "";
    }
    const { keys } = JSON.parse(held) as { keys: { until: string | null }[] };
    expect(keys.map(({ until }) => until)).toEqual([null, "2026-11-20T09:15:31.000Z", "2026-11-20T09:15:31.000Z"]);
    expect(rotateWebhookCredential("{}", NOW, filled(1))).toEqual({ ok: false, refusal: "credential-malformed" });
  });
});

test("keeps its keys in this form", () => {
  expect(HMAC).toBe('{"keys":[{"secret":"whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","until":null}],"signing":"hmac","v":1}');
});

describe("docs/channels.md", () => {
  const page = readFileSync(new URL("../../../docs/channels.md", import.meta.url), "utf8");

  it("has a receiver that takes what is signed, and nothing else", async () => {
    const [, source = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const module = (await import(`data:text/javascript,${encodeURIComponent(source.replace("console.log(type,", "void (type,"))}`)) as {
      default: { fetch(request: Request, env: { WEBHOOK_SECRET: string }): Promise<Response> };
    };
    const taken = async (secret: string | null, body = receiver.last.body.toString(), changed: Record<string, string> = {}) => {
      const request = new Request("https://hooks.example.com/in", { method: "POST", body, headers: { ...headersOf(), ...changed } });
      return (await module.default.fetch(request, { WEBHOOK_SECRET: secret ?? "" })).status;
    };
    await sent(HMAC);
    const secret = sharedSecretOf(HMAC);
    expect(await taken(secret)).toBe(204);
    expect(await taken(sharedSecretOf(newWebhookCredential("hmac", filled(2))))).toBe(401);
    expect(await taken(secret, `${receiver.last.body.toString()} `)).toBe(401);
    expect(await taken(secret, undefined, { "webhook-id": "msg_0002" })).toBe(401);
    await sent(HMAC, {}, Date.now() - 600_000);
    expect(await taken(secret)).toBe(401);
  });

  it("names every member that a message may have, and no other", async () => {
    const many = { agent: { id: "agt_1", name: "a" }, count: 2, action: null, alike: 2, since: "2026-11-20T09:00:00.000Z" };
    const more = {
      leaf: { log: "gate.example.com/log", index: 7, request: null, agent: "agt_1" },
      outcome: "failed" as const,
      channel: { id: "chn_2", name: "b" },
      many,
      alert: { name: "limit_reached" as const, since: "2026-11-20T09:00:00.000Z", agent: { id: "agt_1", name: "a" }, rule: "few" },
    };
    await sent(HMAC, { content: toldContent(more) });
    const { data } = JSON.parse(receiver.last.body.toString()) as { data: Record<string, object> };
    const table = page.slice(page.indexOf("| member of `data`"), page.indexOf("| type  "));
    const rows = new Map([...table.matchAll(/^\| `(\w+)` +\|.*?\| (.*?) *\|$/gm)].map(([, name = "", holds = ""]) => [name, holds]));
    expect([...rows.keys()].toSorted()).toEqual(Object.keys(data).toSorted());
    for (const name of Object.keys(data["request"] ?? {})) expect(rows.get("request")).toMatch(new RegExp(`\`${name}\\b`));
    for (const name of Object.keys(data["alert"] ?? {})) expect(rows.get("alert")).toMatch(new RegExp(`\`${name}\\b`));
    for (const name of Object.keys(data["requests"] ?? {})) expect(rows.get("requests")).toMatch(new RegExp(`\`${name}\\b`));
  });
});

test("is never sent unsigned", async () => {
  for (const credential of [null, "", "{}", "whsec_AQEB", HMAC.replace('"v":1', '"v":2'), HMAC.replace("whsec_A", "whsec_")]) {
    expect(await sent(credential)).toEqual({ ok: false, refusal: { reason: "refused", answer: "credential_malformed" } });
  }
  expect(receiver.received).toEqual([]);
});

const RETRY = { reason: "retry", afterMs: null };
const BAD_ANSWERS: [string, GivenAnswer, object][] = [
  ["fails", { status: 500 }, { ...RETRY, answer: "http_500" }],
  ["is not there for now", { status: 404, body: "<html>not found</html>" }, { ...RETRY, answer: "http_404" }],
  ["sends elsewhere", { status: 302, headers: { location: "https://evil.example/" } }, { ...RETRY, answer: "http_302" }],
  ["is gone", { status: 410 }, { reason: "gone", answer: "http_410" }],
  ["is busy, in seconds", { status: 429, headers: { "retry-after": "120" } }, { ...RETRY, answer: "http_429", afterMs: 120_000 }],
  ["is busy for a week", { status: 503, headers: { "retry-after": "604800" } }, { ...RETRY, answer: "http_503", afterMs: 3_600_000 }],
  [
    "is busy, by a date",
    { status: 429, headers: { "retry-after": "Fri, 20 Nov 2026 09:20:30 GMT" } },
    { ...RETRY, answer: "http_429", afterMs: 300_000 },
  ],
  ["was busy", { status: 429, headers: { "retry-after": "Fri, 20 Nov 2026 09:00:00 GMT" } }, { ...RETRY, answer: "http_429", afterMs: 0 }],
  ["is busy, in no words", { status: 429, headers: { "retry-after": "soon-ish, 2026" } }, { ...RETRY, answer: "http_429" }],
  ["answers with a flood", { status: 200, body: Buffer.alloc(100_000, "x") }, { ...RETRY, answer: "answer_too_large" }],
  ["hangs", "hang", { ...RETRY, answer: "timed_out" }],
];

test.each(BAD_ANSWERS)("a receiver that %s", async (_what, answer, refusal) => {
  receiver.answers.push(answer);
  expect(await sent(HMAC, {}, NOW)).toEqual({ ok: false, refusal });
  expect(receiver.received).toHaveLength(1);
});

test("whatever 2xx a receiver answers with, its words are never passed on", async () => {
  receiver.answers.push({ status: 204 }, { status: 202, body: '{"decide":"approve"} <html>' });
  expect([await sent(HMAC), await sent(HMAC)]).toEqual([
    { ok: true, value: { answer: "http_204", handle: null } },
    { ok: true, value: { answer: "http_202", handle: null } },
  ]);
});

test("an address that may not be sent to is refused for good; one that is not known now is asked for again", async () => {
  const to = async (failure: "address-private" | "address-unknown" | "unreachable") =>
    await senders({ outbound: () => Promise.resolve({ ok: false, refusal: failure }), email: null, now: () => NOW }).webhook.send(
      channel(HMAC),
      outgoing({ is: "channel" }),
    );
  expect([await to("address-private"), await to("address-unknown"), await to("unreachable")]).toEqual([
    { ok: false, refusal: { reason: "refused", answer: "address_private" } },
    { ok: false, refusal: { ...RETRY, answer: "address_unknown" } },
    { ok: false, refusal: { ...RETRY, answer: "unreachable" } },
  ]);
});

test("a channel of another kind is refused by every sender", async () => {
  const all = senders({ outbound: receiver.outbound, email: null, now: () => NOW });
  const wrong = { ok: false, refusal: { reason: "refused", answer: "wrong_kind" } };
  for (const kind of ["slack", "email", "webpush"] as const) {
    expect(await all[kind].send(channel(HMAC), outgoing({ is: "channel" }))).toEqual(wrong);
  }
  expect(receiver.received).toEqual([]);
});
