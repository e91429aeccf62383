/** Pushes, opened as a device opens them and checked as a push service checks them, by implementations that are not ours. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { senders } from "#channels/senders.ts";
import { newVapidCredential, rotateVapidCredential, vapidPublicKeys } from "#channels/vapid-keys.ts";
import { isVapidSubject, readPushAddress } from "#channels/web-push.ts";
import type { Destination, OpenChannel, Outgoing } from "#gate/channels/channel.ts";
import type { RiskLevel } from "#countersign/policy/document/policy-document.ts";
import { HOSTILE, NOW, outgoing, PAGE, toldContent, toldRequest } from "#test/support/channels/messages.ts";
import { PushDevice, readVapid } from "#test/support/channels/push-device.ts";
import { type GivenAnswer, Receiver } from "#test/support/channels/receiver.ts";

const SUBJECT = "mailto:ops@countersign.dev";
const receiver = new Receiver();
const device = new PushDevice();
let credential: string;
beforeAll(async () => {
  credential = await newVapidCredential();
  await receiver.start();
});
afterAll(() => receiver.stop());
beforeEach(() => receiver.reset(() => ({ status: 201 })));

const channel = (held: string | null, subject = SUBJECT): OpenChannel => ({
  id: "chn_1",
  name: "push",
  settings: { kind: "webpush", subject, public_key: "" },
  credential: held,
});
const at = (address: string, keyId: string | null = null): Destination => ({ is: "contact", address, keyId });

const sent = async (to: Destination = at(device.address), changed: Partial<Outgoing> = {}, through = channel(credential), nowMs = NOW) =>
  await senders({ outbound: receiver.outbound, email: null, now: () => nowMs }).webpush.send(through, outgoing(to, changed));

const OK = { ok: true, value: { answer: "http_201", handle: null } };
const refused = (answer: string) => ({ ok: false, refusal: { reason: "refused", answer } });
const gone = (answer: string) => ({ ok: false, refusal: { reason: "gone", answer } });
const retry = (answer: string, afterMs: number | null = null) => ({ ok: false, refusal: { reason: "retry", answer, afterMs } });
const opened = () => JSON.parse(device.open(receiver.last)) as Record<string, unknown>;
const ended = toldContent({ type: "request.ended", request: toldRequest({ status: "denied" }) });

test("is opened by the device it is for, and says this", async () => {
  expect(await sent()).toEqual(OK);
  expect(receiver.last).toMatchObject({ method: "POST", url: device.endpoint });
  expect(opened()).toEqual({
    v: 1,
    title: "Approve? deploy to production",
    body: "deploy-bot asks.\nRisk: high.\nOpen until 20 Nov 2026, 09:30 UTC (in 14 minutes).",
    url: PAGE,
    tag: "apr_1topic",
    at: "2026-11-20T09:15:00.000Z",
  });
  const other = new PushDevice();
  expect(() => other.open(receiver.last)).toThrow("authenticate data");
});

test("is kept for a device that is off until the deadline, and replaces what was kept before", async () => {
  await sent();
  expect(receiver.last.headers).toMatchObject({
    "content-encoding": "aes128gcm",
    "content-type": "application/octet-stream",
    ttl: "870",
    topic: "apr_1topic",
    urgency: "high",
  });
});

test("names who pushes, to that push service, for half a day", async () => {
  await sent();
  const { key, claims } = readVapid(receiver.last.headers.authorization ?? "");
  expect(key).toBe(vapidPublicKeys(credential)[0]?.publicKey);
  expect(claims).toMatchObject({ aud: "https://push.example.net", sub: SUBJECT });
  const seconds = Math.floor(Date.now() / 1_000);
  expect(claims["exp"]).toBeGreaterThan(seconds);
  expect(claims["exp"]).toBeLessThanOrEqual(seconds + 12 * 60 * 60);
});

test("is of one size, whatever it says", async () => {
  await sent();
  await sent(at(device.address), { content: { type: "channel.test", at: "2026-11-20T09:15:00.000Z", url: PAGE } });
  const request = toldRequest({ action: "😀".repeat(200), agent: { id: "agt_1", name: "𝕏\u202e".repeat(100) } });
  await sent(at(device.address), { content: toldContent({ request, insteadOf: '"\u0000'.repeat(100) }) });
  expect(receiver.received.map(({ body }) => body.length)).toEqual([4_096, 4_096, 4_096]);
  expect(opened()).toMatchObject({ v: 1, tag: "apr_1topic" });
});

test("leaves out the last lines of what is too long, and is not sent where nothing would be left", async () => {
  expect(await sent(at(device.address), { content: toldContent({ url: `${PAGE}?${"x".repeat(3_780)}` }) })).toEqual(OK);
  expect(opened()).toMatchObject({ title: "Approve? deploy to production", body: "deploy-bot asks.\nRisk: high." });
  expect(await sent(at(device.address), { content: toldContent({ url: `${PAGE}?${"x".repeat(3_900)}` }) })).toEqual(
    refused("payload_too_large"),
  );
});

test("what was decided elsewhere is pushed too, shows something, and replaces what asked", async () => {
  await sent();
  const asked = opened();
  await sent(at(device.address), { content: ended });
  expect(opened()).toEqual({
    v: 1,
    title: "Denied: deploy to production",
    body: "deploy-bot asked. Nothing is left to decide.",
    url: PAGE,
    tag: asked["tag"],
    at: "2026-11-20T09:15:00.000Z",
    silent: true,
  });
  expect(receiver.last.headers).toMatchObject({ topic: "apr_1topic", ttl: "86400", urgency: "normal" });
});

test("every kind of message shows something", async () => {
  const many = { agent: { id: "agt_1", name: "a" }, count: 2, action: null, alike: 2, since: "2026-11-20T09:00:00.000Z" };
  const contents = [
    ...["request.opened", "request.reminder", "request.escalated", "request.signed", "request.ended"].map((type) => toldContent({ type })),
    { type: "requests.many", at: "2026-11-20T09:15:00.000Z", url: PAGE, many },
    { type: "channel.test", at: "2026-11-20T09:15:00.000Z", url: PAGE },
    { type: "channel.disabled", at: "2026-11-20T09:15:00.000Z", url: PAGE, channel: { id: "chn_1", name: "ops" } },
  ];
  for (const content of contents) {
    await sent(at(device.address), { content });
    expect(Object.values(opened()).slice(0, 5)).not.toContain("");
  }
});

test.each([
  ["low", "normal"],
  ["medium", "normal"],
  ["high", "high"],
  ["critical", "high"],
  [null, "normal"],
] as [RiskLevel | null, string][])("of risk %s is of urgency %s", async (risk, urgency) => {
  await sent(at(device.address), { content: toldContent({ request: toldRequest({ risk }) }) });
  expect(receiver.last.headers["urgency"]).toBe(urgency);
});

test("is kept for a minute at least and four weeks at most, and without a topic it replaces only itself", async () => {
  await sent(at(device.address), { nowMs: Date.parse("2026-11-20T09:29:50.000Z"), topic: null });
  expect(receiver.last.headers).toMatchObject({ ttl: "60" });
  expect(receiver.last.headers["topic"]).toBeUndefined();
  expect(opened()["tag"]).toBe("msg_0001");
  const request = toldRequest({ expiresAt: "2027-11-20T09:30:00.000Z" });
  await sent(at(device.address), { content: toldContent({ request }), topic: "x".repeat(33) });
  expect(receiver.last.headers).toMatchObject({ ttl: "2419200" });
  expect(receiver.last.headers["topic"]).toBeUndefined();
});

test("an agent's words are shown as text that hides nothing", async () => {
  await sent(at(device.address), { content: toldContent({ request: toldRequest({ action: HOSTILE }) }) });
  expect(opened()["title"]).toMatch(/^Approve\? <\/b><script>.*\[U\+202E\]\[U\+200B\]$/);
});

const BAD_ANSWERS: [string, GivenAnswer, object][] = [
  ["does not know the subscription", { status: 404 }, gone("http_404")],
  ["has ended it", { status: 410 }, gone("http_410")],
  ["finds it malformed", { status: 400 }, refused("http_400")],
  ["finds the token bad", { status: 401 }, refused("http_401")],
  ["finds the key another one", { status: 403, body: "VapidPkHashMismatch" }, refused("http_403")],
  ["finds it too large", { status: 413 }, retry("http_413")],
  ["is busy", { status: 429, headers: { "retry-after": "30" } }, retry("http_429", 30_000)],
  ["fails", { status: 503, body: "<html>" }, retry("http_503")],
  ["floods", { status: 201, body: Buffer.alloc(100_000, "x") }, retry("answer_too_large")],
  ["hangs", "hang", retry("timed_out")],
  ["takes it in", { status: 202 }, { ok: true, value: { answer: "http_202", handle: null } }],
];
test.each(BAD_ANSWERS)("a push service that %s", async (_what, answer, result) => {
  receiver.answers.push(answer);
  expect(await sent()).toEqual(result);
});

test("nothing is pushed to what is no subscription", async () => {
  const { keys, ...bare } = JSON.parse(device.address) as { keys: { p256dh: string; auth: string } };
  const offCurve = Buffer.alloc(65, 4).toString("base64url");
  const broken = [
    "",
    "https://push.example.net/abc",
    JSON.stringify(bare),
    JSON.stringify({ ...bare, keys, endpoint: "http://push.example.net/abc" }),
    JSON.stringify({ ...bare, keys, endpoint: "https://[push" }),
    JSON.stringify({ ...bare, keys: { ...keys, auth: "AAAA" } }),
    JSON.stringify({ ...bare, keys: { ...keys, p256dh: offCurve } }),
  ];
  for (const address of broken) expect(await sent(at(address))).toEqual(gone("address_malformed"));
  expect(await sent({ is: "place", to: "ops" })).toEqual(refused("address_malformed"));
  expect(receiver.received).toEqual([]);
  expect(readPushAddress(device.address)).toEqual({ ok: true, value: { endpoint: device.endpoint, keys } });
});

describe("while its keys are rotated", () => {
  it("a subscription is pushed to with the key that it was made with, until that is over", async () => {
    const [first] = vapidPublicKeys(credential);
    const rotated = await rotateVapidCredential(credential, NOW + 1_000);
    const through = channel(rotated.ok ? rotated.value : "");
    const keys = vapidPublicKeys(through.credential ?? "");
    expect(keys).toMatchObject([{ until: null }, { ...first, until: "2026-11-20T09:15:31.000Z" }]);

    expect(await sent(at(device.address, first?.id), {}, through)).toEqual(OK);
    expect(readVapid(receiver.last.headers.authorization ?? "").key).toBe(first?.publicKey);
    expect(await sent(at(device.address, keys[0]?.id), {}, through)).toEqual(OK);
    expect(readVapid(receiver.last.headers.authorization ?? "").key).toBe(keys[0]?.publicKey);

    expect(await sent(at(device.address, first?.id), {}, through, NOW + 1_000)).toEqual(gone("key_retired"));
    expect(await sent(at(device.address, "AAAAAAAAAAAAAAAA"), {}, through)).toEqual(gone("key_retired"));
    expect(receiver.received).toHaveLength(2);
  });

  it("keeps three at most", async () => {
    let held = credential;
    for (let turn = 0; turn < 3; turn++) {
      const next = await rotateVapidCredential(held, NOW);
      held = next.ok ? next.value : "";
    }
    expect(vapidPublicKeys(held)).toHaveLength(3);
    expect(await rotateVapidCredential("{}", NOW)).toEqual({ ok: false, refusal: "credential-malformed" });
    expect(vapidPublicKeys("{}")).toEqual([]);
  });
});

test("a key pair of one's own that is none ends no subscription", async () => {
  for (const held of [null, "", "{}", credential.replace(/"private":"[^"]+"/, `"private":"${"A".repeat(43)}"`)]) {
    expect(await sent(at(device.address), {}, channel(held))).toEqual(refused("credential_malformed"));
  }
  expect(receiver.received).toEqual([]);
});

test("the channel itself has no device: its test looks at its keys", async () => {
  expect(await sent({ is: "channel" })).toEqual({ ok: true, value: { answer: "ok", handle: null } });
  expect(await sent({ is: "channel" }, {}, channel(null))).toEqual(refused("credential_malformed"));
});

test("a subject that nobody can be written to at is refused before anything is sent", async () => {
  for (const good of [
    "mailto:ops@countersign.dev",
    "mailto:a+b@mail.my-company.co.uk",
    "https://gate.my-company.com",
    "https://my-company.com/contact",
  ]) {
    expect([good, isVapidSubject(good)]).toEqual([good, true]);
  }
  const bad = [
    "",
    "ops@countersign.dev",
    "mailto:",
    "mailto:ops",
    "mailto:ops@localhost",
    "mailto:ops@example.com",
    "mailto:a@b.c, d@e.fr",
    "https://localhost",
    "https://127.0.0.1",
    "https://gate.local",
    "http://gate.my-company.com",
    "https://user@gate.my-company.com",
    "https://",
  ];
  for (const subject of bad) {
    expect([subject, isVapidSubject(subject)]).toEqual([subject, false]);
    expect(await sent(at(device.address), {}, channel(credential, subject))).toEqual(refused("subject_malformed"));
  }
  expect(receiver.received).toEqual([]);
});
