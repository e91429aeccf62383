/** Mail, by each of its four ways, against servers that take what the services' documentation says and nothing else. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { isMailAddress, readMailbox } from "#channels/mail.ts";
import { fillRelayTemplate, readRelayTemplate } from "#channels/relay-template.ts";
import type { EmailBinding } from "#channels/sender.ts";
import { senders } from "#channels/senders.ts";
import type { Destination, OpenChannel, Outgoing } from "#gate/channels/channel.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import { HOSTILE, NOW, outgoing, PAGE, toldContent, toldRequest } from "#test/support/channels/messages.ts";
import { type GivenAnswer, Receiver } from "#test/support/channels/receiver.ts";

type EmailSettings = Extract<ChannelSettings, { kind: "email" }>;

const receiver = new Receiver();
beforeAll(() => receiver.start());
afterAll(() => receiver.stop());
beforeEach(() => receiver.reset());

const ADA: Destination = { is: "contact", address: "ada@example.org", keyId: null };
const settings = (via: EmailSettings["via"], changed: Partial<EmailSettings> = {}): EmailSettings => ({
  kind: "email",
  via,
  from: "Countersign <gate@example.com>",
  relay: null,
  places: [{ group: null, to: "ops@example.org" }],
  ...changed,
});

const sent = async (
  given: EmailSettings,
  credential: string | null,
  to: Destination = ADA,
  changed: Partial<Outgoing> = {},
  email: EmailBinding | null = null,
) => {
  const channel: OpenChannel = { id: "chn_1", name: "mail", settings: given, credential };
  return await senders({ outbound: receiver.outbound, email, now: () => NOW }).email.send(channel, outgoing(to, changed));
};

const TEXT = `deploy-bot asks.
Risk: high.
Open until 20 Nov 2026, 09:30 UTC.

Look and decide: ${PAGE}

--
Nothing in this message decides, and answers to it are not read. You decide on the page, with your passkey.
`;
const THREAD = "<apr_1topic@gate.example.com>";
const HEADERS = {
  "Auto-Submitted": "auto-generated",
  "In-Reply-To": THREAD,
  References: THREAD,
  "List-Unsubscribe": "<https://gate.example.com/account/notifications>",
};

const OK = (answer: string) => ({ ok: true, value: { answer, handle: null } });
const refused = (answer: string) => ({ ok: false, refusal: { reason: "refused", answer } });
const gone = (answer: string) => ({ ok: false, refusal: { reason: "gone", answer } });
const retry = (answer: string, afterMs: number | null = null) => ({ ok: false, refusal: { reason: "retry", answer, afterMs } });
const bodyOf = () => JSON.parse(receiver.last.body.toString()) as Record<string, unknown>;
const json = (status: number, body: object): GivenAnswer => ({ status, body: JSON.stringify(body) });

/** Answers to what is the same for every service over HTTP. */
const EVERYWHERE: [string, GivenAnswer, object][] = [
  ["is busy", { status: 429, headers: { "retry-after": "60" } }, retry("http_429", 60_000)],
  ["fails", { status: 502, body: "<html>" }, retry("http_502")],
  ["sends elsewhere", { status: 307, headers: { location: "https://evil.example" } }, refused("http_307")],
  ["floods", { status: 200, body: Buffer.alloc(100_000, "x") }, retry("answer_too_large")],
  ["hangs", "hang", retry("timed_out")],
];

describe("by Resend", () => {
  const KEY = "re_123456";

  it("is posted once, as text, under its own key", async () => {
    receiver.answers.push(json(200, { id: "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" }));
    expect(await sent(settings("resend"), KEY)).toEqual(OK("http_200"));
    expect(receiver.last).toMatchObject({ method: "POST", url: "https://api.resend.com/emails" });
    expect(receiver.last.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
      "idempotency-key": "msg_0001",
      "user-agent": "Countersign",
    });
    expect(bodyOf()).toEqual({
      from: "Countersign <gate@example.com>",
      to: ["ada@example.org"],
      subject: "Approve? deploy to production",
      text: TEXT,
      headers: HEADERS,
    });
  });

  it("is the same when it is sent again, later", async () => {
    await sent(settings("resend"), KEY);
    await sent(settings("resend"), KEY, ADA, { nowMs: NOW + 600_000 });
    expect(receiver.received[1]?.body).toEqual(receiver.received[0]?.body);
  });

  it.each([
    ...EVERYWHERE,
    ["does not know the key", json(401, { name: "validation_error", message: "API key is invalid" }), refused("http_401")],
    ["does not know the domain", json(403, { name: "validation_error" }), refused("http_403")],
    ["is sending it already", json(409, { name: "concurrent_idempotent_requests" }), retry("http_409")],
    ["has sent it in other words", json(409, { name: "invalid_idempotent_request" }), OK("already_sent")],
  ])("that %s", async (_what, answer, result) => {
    receiver.answers.push(answer);
    expect(await sent(settings("resend"), KEY)).toEqual(result);
  });
});

describe("by Postmark", () => {
  const TOKEN = "5d3a7c1e-0000-4000-8000-000000000000";

  it("is posted as text, with an id of its own", async () => {
    receiver.answers.push(json(200, { ErrorCode: 0, Message: "OK", MessageID: "0a129aee" }));
    expect(await sent(settings("postmark"), TOKEN)).toEqual(OK("http_200"));
    expect(receiver.last).toMatchObject({ method: "POST", url: "https://api.postmarkapp.com/email" });
    expect(receiver.last.headers).toMatchObject({ "x-postmark-server-token": TOKEN, accept: "application/json" });
    const { Headers: headers, ...body } = bodyOf() as { Headers: { Name: string; Value: string }[] };
    expect(body).toEqual({
      From: "Countersign <gate@example.com>",
      To: "ada@example.org",
      Subject: "Approve? deploy to production",
      TextBody: TEXT,
      MessageStream: "outbound",
    });
    expect(Object.fromEntries(headers.map(({ Name, Value }) => [Name, Value]))).toEqual({
      ...HEADERS,
      "Message-ID": "<msg_0001@gate.example.com>",
      "X-PM-KeepID": "true",
    });
  });

  it.each([
    ...EVERYWHERE,
    ["knows that the mailbox takes nothing", json(422, { ErrorCode: 406, Message: "inactive" }), gone("postmark_406")],
    ["does not know the sender", json(422, { ErrorCode: 400 }), refused("postmark_400")],
    ["does not know the token", json(401, { ErrorCode: 10 }), refused("postmark_10")],
    ["is being looked after", json(422, { ErrorCode: 100 }), retry("http_422")],
    ["answers with a page", { status: 200, body: "<html>" }, retry("answer_malformed")],
    ["accepts with an error", json(200, { ErrorCode: 300 }), retry("answer_malformed")],
    ["refuses in no words", { status: 422, body: "[1]" }, refused("http_422")],
  ])("that %s", async (_what, answer, result) => {
    receiver.answers.push(answer);
    expect(await sent(settings("postmark"), TOKEN)).toEqual(result);
  });
});

describe("by a relay", () => {
  const template = '{"recipients":["{{to}}"],"mail":{"{{to}}":"{{subject}} ({{id}})","body":"{{text}}"},"retries":3,"on":true,"x":null}';
  const relay = { url: "https://relay.example.com/send?v=2", header: "X-Api-Key", template };
  const through = settings("relay", { relay });

  it("is the template, filled", async () => {
    expect(await sent(through, "s3cret")).toEqual(OK("http_200"));
    expect(receiver.last.url).toBe("https://relay.example.com/send?v=2");
    expect(receiver.last.headers).toMatchObject({
      "x-api-key": "s3cret",
      "content-type": "application/json",
      "idempotency-key": "msg_0001",
    });
    expect(bodyOf()).toEqual({
      recipients: ["ada@example.org"],
      mail: { "{{to}}": "Approve? deploy to production (msg_0001)", body: TEXT },
      retries: 3,
      on: true,
      x: null,
    });
  });

  it("is filled once: what an agent wrote is never a place to fill, and never JSON", async () => {
    const request = toldRequest({ action: '{{to}} {{text}} "},"to":"eve@evil.example' });
    await sent(through, null, ADA, { content: toldContent({ request }) });
    expect(bodyOf()).toMatchObject({
      recipients: ["ada@example.org"],
      mail: { "{{to}}": 'Approve? {{to}} {{text}} "},"to":"eve@evil.example (msg_0001)' },
      retries: 3,
    });
    expect(receiver.last.headers["x-api-key"]).toBeUndefined();
  });

  it.each([...EVERYWHERE, ["refuses", { status: 410 }, refused("http_410")]])("that %s", async (_what, answer, result) => {
    receiver.answers.push(answer);
    expect(await sent(through, "s3cret")).toEqual(result);
  });

  it("is refused as a template that is none", () => {
    expect(readRelayTemplate("to={{to}}")).toEqual({ ok: false, refusal: "template-malformed" });
    expect(readRelayTemplate('{"to":"{{to}}"}')).toEqual({ ok: false, refusal: "template-incomplete" });
    expect(readRelayTemplate('{"{{to}}":"{{text}}"}')).toEqual({ ok: false, refusal: "template-incomplete" });
    expect(fillRelayTemplate('["{{to}}{{text}}{{other}}"]', { to: "a", subject: "b", text: "c", id: "d" })).toEqual({
      ok: true,
      value: '["ac{{other}}"]',
    });
  });

  it("sends nothing that it cannot send whole", async () => {
    const refusals = [
      await sent(settings("relay"), "s3cret"),
      await sent(settings("relay", { relay: { ...relay, template: "{}" } }), "s3cret"),
      await sent(settings("relay", { relay: { ...relay, header: "X-Key: 1\r\nX" } }), "s3cret"),
      await sent(through, "s3cret\r\nX-Other: 1"),
      await sent(settings("resend"), null),
      await sent(settings("postmark"), "tok\nen"),
    ];
    expect(refusals).toEqual([
      refused("no_relay"),
      refused("template_incomplete"),
      refused("header_malformed"),
      refused("credential_malformed"),
      refused("credential_malformed"),
      refused("credential_malformed"),
    ]);
    expect(receiver.received).toEqual([]);
  });
});

/** The binding as Cloudflare documents it: what it takes, which headers it allows, the codes that it throws. */
class FakeBinding implements EmailBinding {
  readonly taken: Parameters<EmailBinding["send"]>[0][] = [];
  failsWith: unknown = null;
  static readonly #HEADERS = new Set(["In-Reply-To", "References", "List-Unsubscribe", "Auto-Submitted"]);

  send(message: Parameters<EmailBinding["send"]>[0]): Promise<{ messageId: string }> {
    const failed = (code: string) => Promise.reject(Object.assign(new Error("in words"), { code }));
    // eslint-disable-next-line typescript/prefer-promise-reject-errors -- What it throws is what is tested.
    if (this.failsWith !== null) return Promise.reject(this.failsWith);
    if (Object.keys(message.headers).some((name) => !FakeBinding.#HEADERS.has(name))) return failed("E_HEADER_NOT_ALLOWED");
    if (Object.values(message.headers).some((value) => value === "" || /[\r\n]/.test(value))) return failed("E_HEADER_VALUE_INVALID");
    if (/[\r\n]/.test(message.subject)) return failed("E_VALIDATION_ERROR");
    this.taken.push(message);
    return Promise.resolve({ messageId: "<1@example.com>" });
  }
}

describe("by Cloudflare", () => {
  const withCode = (code: string) => Object.assign(new Error("in words"), { code });

  it("is handed to the binding, with headers that it allows", async () => {
    const binding = new FakeBinding();
    expect(await sent(settings("cloudflare"), null, ADA, {}, binding)).toEqual(OK("ok"));
    expect(binding.taken).toEqual([
      {
        from: { email: "gate@example.com", name: "Countersign" },
        to: "ada@example.org",
        subject: "Approve? deploy to production",
        text: TEXT,
        headers: HEADERS,
      },
    ]);
    await sent(settings("cloudflare", { from: "gate@example.com" }), null, ADA, {}, binding);
    expect(binding.taken[1]?.from).toBe("gate@example.com");
  });

  it.each([
    [withCode("E_RATE_LIMIT_EXCEEDED"), retry("e_rate_limit_exceeded")],
    [withCode("E_DAILY_LIMIT_EXCEEDED"), retry("e_daily_limit_exceeded")],
    [withCode("E_INTERNAL_SERVER_ERROR"), retry("e_internal_server_error")],
    [withCode("E_SENDER_NOT_VERIFIED"), refused("e_sender_not_verified")],
    [withCode("E_RECIPIENT_NOT_ALLOWED"), refused("e_recipient_not_allowed")],
    [withCode("E_RECIPIENT_SUPPRESSED"), gone("e_recipient_suppressed")],
    [withCode("to: ada@example.org is not verified"), retry("e_unknown")],
    [new Error("internal error; reference = abc"), retry("e_unknown")],
    [null, retry("e_unknown")],
  ])("that fails with %o", async (error, result) => {
    const binding = new FakeBinding();
    binding.failsWith = error ?? new Map();
    expect(await sent(settings("cloudflare"), null, ADA, {}, binding)).toEqual(result);
  });

  it("is taken by the runtime's own binding", async () => {
    const runtime = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script: "export default {}",
        compatibilityDate: "2026-10-15",
        host: "127.0.0.1",
        cf: false,
        email: { send_email: [{ name: "EMAIL" }, { name: "OPS_ONLY", destination_address: "ops@example.org" }] },
      }),
    );
    try {
      const bindings = await runtime.getBindings<{ EMAIL: EmailBinding; OPS_ONLY: EmailBinding }>();
      expect(await sent(settings("cloudflare"), null, ADA, {}, bindings.EMAIL)).toEqual(OK("ok"));
      expect(await sent(settings("cloudflare"), null, { is: "place", to: "ops@example.org" }, {}, bindings.OPS_ONLY)).toEqual(OK("ok"));
      // It refuses without a code, as the service does not.
      expect(await sent(settings("cloudflare"), null, ADA, {}, bindings.OPS_ONLY)).toEqual(retry("e_unknown"));
    } finally {
      await runtime.dispose();
    }
  });

  it("is off in a deployment without the binding", async () => {
    expect(await sent(settings("cloudflare"), null)).toEqual(refused("no_email_binding"));
  });
});

describe("a mail", () => {
  it("to a group names no page of one's own, and without a topic stands alone", async () => {
    await sent(settings("resend"), "re_1", { is: "place", to: "ops@example.org" }, { topic: null });
    expect(bodyOf()).toMatchObject({ to: ["ops@example.org"], headers: { "Auto-Submitted": "auto-generated" } });
    expect(Object.keys((bodyOf() as { headers: object }).headers)).toEqual(["Auto-Submitted"]);
  });

  it("for the channel itself goes to its first place, or to its own address", async () => {
    await sent(settings("resend"), "re_1", { is: "channel" });
    await sent(settings("resend", { places: [] }), "re_1", { is: "channel" });
    expect(receiver.received.map(({ body }) => (JSON.parse(body.toString()) as { to: string[] }).to)).toEqual([
      ["ops@example.org"],
      ["gate@example.com"],
    ]);
  });

  it("has no header, address or line that an agent made", async () => {
    const request = toldRequest({ action: HOSTILE, agent: { id: "agt_1", name: HOSTILE } });
    const binding = new FakeBinding();
    expect((await sent(settings("cloudflare"), null, ADA, { content: toldContent({ request }) }, binding)).ok).toBe(true);
    const [mail] = binding.taken;
    expect(mail?.subject).toMatch(/^Approve\? <\/b><script>.*\[U\+000D\] ⏎ Bcc: eve@/);
    expect(mail?.subject).not.toMatch(/[\r\n]/);
    expect(mail?.text.split("\n")).toHaveLength(TEXT.split("\n").length);
    expect(mail?.text).not.toContain("https://evil");
    expect(mail?.headers).toEqual(HEADERS);
  });

  it("goes to one mailbox, from one mailbox", async () => {
    const many = [
      "a@example.org,b@example.org",
      "a@example.org b@example.org",
      "A <a@example.org>",
      "a@example.org\r\nBcc: eve@evil.example",
      "",
      "a",
      "@",
      `${"a".repeat(65)}@example.org`,
    ];
    for (const address of many) {
      expect(isMailAddress(address)).toBe(false);
      expect(await sent(settings("resend"), "re_1", { is: "contact", address, keyId: null })).toEqual(refused("address_malformed"));
    }
    for (const from of ["", "Gate", "A, B <a@example.com>", "A <a@example.com>\r\nBcc: <eve@evil.example>", '"A" <a@example.com>']) {
      expect(readMailbox(from)).toBeNull();
      expect(await sent(settings("resend", { from }), "re_1")).toEqual(refused("sender_malformed"));
    }
    expect(receiver.received).toEqual([]);
    expect(readMailbox("Zoë Gate <a+b@mail.example.com>")).toEqual({ email: "a+b@mail.example.com", name: "Zoë Gate" });
  });
});

test("nothing that is sent is HTML", async () => {
  await sent(settings("resend"), "re_1");
  expect(Object.keys(bodyOf())).not.toContain("html");
});
