/** Slack: what is posted and edited, against a strict server of its methods; and its signature, by its documented example. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from "vitest";
import { senders } from "#channels/senders.ts";
import { newSlackCredential, readSlackCredential, verifySlackSignature } from "#channels/slack-credential.ts";
import type { Destination, OpenChannel, Outgoing } from "#gate/channels/channel.ts";
import { FakeSlack } from "#test/support/channels/fake-slack.ts";
import { HOSTILE, NOW, outgoing, PAGE, toldContent, toldRequest } from "#test/support/channels/messages.ts";
import { type GivenAnswer, Receiver } from "#test/support/channels/receiver.ts";

const TOKEN = "xoxb-123456789012-abcdefABCDEF";
const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
const receiver = new Receiver();
let slack: FakeSlack;
beforeAll(() => receiver.start());
afterAll(() => receiver.stop());
beforeEach(() => {
  slack = new FakeSlack(TOKEN, ["C0RELEASE"]);
  receiver.reset((received) => slack.answer(received));
});

const credentialOf = (token: string): string => {
  const made = newSlackCredential(token, SECRET);
  return made.ok ? made.value : "";
};
const channel = (credential: string | null = credentialOf(TOKEN)): OpenChannel => ({
  id: "chn_1",
  name: "slack",
  settings: { kind: "slack", places: [{ group: "release", to: "C0RELEASE" }] },
  credential,
});
const PLACE: Destination = { is: "place", to: "C0RELEASE" };
const ADA: Destination = { is: "contact", address: "U0ADA", keyId: null };

const sent = async (to: Destination, changed: Partial<Outgoing> = {}, through = channel()) =>
  await senders({ outbound: receiver.outbound, email: null, now: () => NOW }).slack.send(through, outgoing(to, changed));

const methods = () => receiver.received.map(({ url }) => url.slice("https://slack.com/api/".length));

test("posts what is asked with a button that is a link, unfurls nothing, parses nothing", async () => {
  expect(await sent(PLACE)).toEqual({ ok: true, value: { answer: "ok", handle: '{"channel":"C0RELEASE","ts":"1795166130.000000"}' } });
  const plain = (text: string) => ({ type: "plain_text", text, emoji: false });
  expect(JSON.parse(receiver.last.body.toString())).toEqual({
    channel: "C0RELEASE",
    text: "Approve? deploy to production",
    blocks: [
      { type: "header", text: plain("Approve? deploy to production") },
      { type: "section", text: plain("deploy-bot asks.\nRisk: high.\nOpen until 20 Nov 2026, 09:30 UTC (in 14 minutes).") },
      { type: "actions", elements: [{ type: "button", action_id: "open", text: plain("Look and decide"), url: PAGE }] },
    ],
    parse: "none",
    link_names: false,
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  });
});

test("follows the request: the message that was posted is edited", async () => {
  const posted = await sent(PLACE);
  const handle = posted.ok ? posted.value.handle : null;
  const ended = toldContent({ type: "request.ended", request: toldRequest({ status: "denied" }) });
  expect(await sent(PLACE, { content: ended, edits: handle })).toEqual({ ok: true, value: { answer: "ok", handle } });
  expect(methods()).toEqual(["chat.postMessage", "chat.update"]);
  expect([...slack.posts.values()].map(({ text }) => text)).toEqual(["Denied: deploy to production"]);
});

test("writes to a person in the conversation that the person has with the app, and edits it there", async () => {
  const posted = await sent(ADA);
  expect(posted).toEqual({ ok: true, value: { answer: "ok", handle: '{"channel":"D0ADA","ts":"1795166130.000000"}' } });
  await sent(ADA, { edits: posted.ok ? posted.value.handle : null });
  expect(methods()).toEqual(["conversations.open", "chat.postMessage", "chat.update"]);
});

test("a test of the channel asks whether the token is good", async () => {
  const content = { type: "channel.test", at: "2026-11-20T09:15:00.000Z", url: PAGE };
  expect(await sent({ is: "channel" }, { content })).toEqual({ ok: true, value: { answer: "ok", handle: null } });
  expect(methods()).toEqual(["auth.test"]);
  const other = channel(credentialOf("xoxb-999999999999-zzzzzzzz"));
  expect(await sent({ is: "channel" }, { content }, other)).toEqual({ ok: false, refusal: { reason: "refused", answer: "invalid_auth" } });
});

test("what an agent writes mentions nobody, links nowhere and ends no text", async () => {
  const request = toldRequest({ action: HOSTILE, agent: { id: "agt_1", name: HOSTILE } });
  expect((await sent(PLACE, { content: toldContent({ request }) })).ok).toBe(true);
  const body = receiver.last.body.toString();
  expect(body).toContain("&lt;!channel&gt; &lt;@U123&gt; @here &amp; https[:]//evil.example");
  expect(body).not.toMatch(/<[!@#]|https:\/\/evil|\u202e/);
  // A text that is escaped grows; Slack takes it all the same.
  const longest = toldRequest({ action: "&".repeat(200), agent: { id: "agt_1", name: "<".repeat(200) } });
  expect((await sent(PLACE, { content: toldContent({ request: longest }) })).ok).toBe(true);
});

const RETRY = { reason: "retry", afterMs: null };
const withError = (error: string): GivenAnswer => ({ status: 200, body: JSON.stringify({ ok: false, error }) });
const BAD_ANSWERS: [string, GivenAnswer, object][] = [
  ...["channel_not_found", "not_in_channel", "account_inactive", "invalid_auth", "token_revoked", "invalid_blocks", "some_new_error"].map(
    (error): [string, GivenAnswer, object] => [error, withError(error), { reason: "refused", answer: error }],
  ),
  ...["is_archived", "user_not_found", "user_disabled"].map((error): [string, GivenAnswer, object] => [
    error,
    withError(error),
    { reason: "gone", answer: error },
  ]),
  ...["ratelimited", "internal_error", "service_unavailable"].map((error): [string, GivenAnswer, object] => [
    error,
    withError(error),
    { ...RETRY, answer: error },
  ]),
  ["429", { status: 429, headers: { "retry-after": "30" }, body: "" }, { ...RETRY, answer: "http_429", afterMs: 30_000 }],
  ["503", { status: 503, body: "<html>" }, { ...RETRY, answer: "http_503" }],
  ["an error that is no name", withError("<script>"), { reason: "refused", answer: "unknown_error" }],
  ["a page instead of JSON", { status: 200, body: "<html>sign in</html>" }, { ...RETRY, answer: "answer_malformed" }],
  ["a list instead of an object", { status: 200, body: "[]" }, { ...RETRY, answer: "answer_malformed" }],
  ["bytes that are no text", { status: 200, body: Buffer.from([0xff, 0xfe]) }, { ...RETRY, answer: "answer_malformed" }],
  ["a flood", { status: 200, body: Buffer.alloc(300_000, "x") }, { ...RETRY, answer: "answer_too_large" }],
  ["nothing", "hang", { ...RETRY, answer: "timed_out" }],
];

test.each(BAD_ANSWERS)("Slack answers %s", async (_what, answer, refusal) => {
  receiver.answers.push(answer);
  expect(await sent(PLACE)).toEqual({ ok: false, refusal });
});

test.each(["message_not_found", "cant_update_message", "edit_window_closed"])(
  "an edit of what cannot be edited is done: %s",
  async (error) => {
    receiver.answers.push(withError(error));
    const edits = '{"channel":"C0RELEASE","ts":"1"}';
    expect(await sent(PLACE, { edits })).toEqual({ ok: true, value: { answer: error, handle: edits } });
  },
);

test("an edit that fails for another reason is a failure", async () => {
  receiver.answers.push(withError("token_revoked"));
  const edits = '{"channel":"C0RELEASE","ts":"1"}';
  expect(await sent(PLACE, { edits })).toEqual({ ok: false, refusal: { reason: "refused", answer: "token_revoked" } });
  for (const broken of ["", "{}", "null", "[]", '{"channel":1,"ts":"1"}']) {
    expect(await sent(PLACE, { edits: broken })).toEqual({ ok: false, refusal: { reason: "refused", answer: "handle_malformed" } });
  }
});

test("a post that Slack does not name was posted, and cannot be edited", async () => {
  receiver.answers.push({ status: 200, body: '{"ok":true}' });
  expect(await sent(PLACE)).toEqual({ ok: true, value: { answer: "ok", handle: null } });
});

test("a person whose conversation is not opened is not written to", async () => {
  receiver.answers.push({ status: 200, body: '{"ok":true,"channel":null}' });
  expect(await sent(ADA)).toEqual({ ok: false, refusal: { ...RETRY, answer: "answer_malformed" } });
  receiver.answers.push(withError("user_not_found"));
  expect(await sent(ADA)).toEqual({ ok: false, refusal: { reason: "gone", answer: "user_not_found" } });
  expect(methods()).toEqual(["conversations.open", "conversations.open"]);
});

test("nothing goes out for an address or a credential that is none", async () => {
  const refused = (answer: string) => ({ ok: false, refusal: { reason: "refused", answer } });
  for (const to of ["#general", "", "C0RELEASE,C0OTHER", "@here"])
    expect(await sent({ is: "place", to })).toEqual(refused("address_malformed"));
  for (const credential of [null, "", TOKEN, "{}"])
    expect(await sent(PLACE, {}, channel(credential))).toEqual(refused("credential_malformed"));
  expect(receiver.received).toEqual([]);
});

test("the credential is kept in this form, and no other token is taken", () => {
  expect(credentialOf(TOKEN)).toBe(`{"signing_secret":"${SECRET}","token":"${TOKEN}","v":1}`);
  expect(readSlackCredential(credentialOf(TOKEN))).toEqual({ v: 1, token: TOKEN, signing_secret: SECRET });
  for (const token of ["xoxp-123456789012-abcdef", "xoxb-", "xoxb-12345678\r\nx: y", ""]) {
    expect(newSlackCredential(token, SECRET)).toEqual({ ok: false, refusal: "credential-malformed" });
  }
  expect(newSlackCredential(TOKEN, "short").ok).toBe(false);
});

describe("Slack's signature", () => {
  /** The example of Slack's "Verifying requests from Slack". */
  const EXAMPLE = {
    signingSecret: SECRET,
    timestamp: "1531420618",
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    signature: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
  };
  const AT = 1_531_420_618_000;

  it("is that of the documented example, within five minutes", async () => {
    expect(await verifySlackSignature(EXAMPLE, AT)).toBe(true);
    expect(await verifySlackSignature(EXAMPLE, AT + 300_000)).toBe(true);
    expect(await verifySlackSignature(EXAMPLE, AT + 300_001)).toBe(false);
    expect(await verifySlackSignature(EXAMPLE, AT - 300_001)).toBe(false);
  });

  it("is of this body, this time and this secret alone", async () => {
    const changed = [
      { body: `${EXAMPLE.body}&` },
      { timestamp: "1531420619" },
      { signingSecret: `${SECRET}0` },
      { signature: EXAMPLE.signature.replace("v0=a", "v0=b") },
      { signature: EXAMPLE.signature.slice("v0=".length) },
      { signature: EXAMPLE.signature.toUpperCase() },
      { signature: "v0=" },
      { signature: "" },
      { timestamp: "" },
      { timestamp: "1531420618.0" },
      { timestamp: "NaN" },
    ];
    for (const one of changed) expect(await verifySlackSignature({ ...EXAMPLE, ...one }, AT)).toBe(false);
  });

  it("is never that of no secret", async () => {
    const signature = `v0=${createHmac("sha256", "").update(`v0:${EXAMPLE.timestamp}:`).digest("hex")}`;
    expect(await verifySlackSignature({ ...EXAMPLE, signingSecret: "", body: "", signature }, AT)).toBe(false);
  });
});
