/** What carries a mail: Cloudflare's binding, Resend, Postmark, or a relay of one's own. Each answers with a code, never with its words. */
import { accept, refuse } from "#countersign/result.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { OutboundReply } from "#gate/channels/outbound.ts";
import { isAccepted, isPassing, noAnswer, notAccepted, objectIn, sendAgain, statusCode, USER_AGENT } from "./http-answer.ts";
import { type Mail, mailboxText } from "./mail.ts";
import { fillRelayTemplate } from "./relay-template.ts";
import { refusedFor, type EmailBinding, type SenderPorts, type Sent } from "./sender.ts";

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 65_536;

const sent = (answer: string): Sent => accept({ answer, handle: null });
const gone = (answer: string): Sent => refuse({ reason: "gone", answer });

/** What Cloudflare's binding throws that passes by itself. */
const CLOUDFLARE_RETRY = new Set(["E_RATE_LIMIT_EXCEEDED", "E_DAILY_LIMIT_EXCEEDED", "E_INTERNAL_SERVER_ERROR", "E_DELIVERY_FAILED"]);

/** By the binding `send_email`, which makes the message's id itself. */
export async function sendByCloudflare(binding: EmailBinding, { from, to, subject, text, headers }: Mail): Promise<Sent> {
  try {
    await binding.send({ from: from.name === "" ? from.email : from, to, subject, text, headers });
    return sent("ok");
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    // Without a code it is not of the service: it may be the connection to it.
    if (typeof code !== "string" || !/^E_[A-Z_]{1,60}$/.test(code)) return refuse({ reason: "retry", answer: "e_unknown", afterMs: null });
    const answer = code.toLowerCase();
    if (CLOUDFLARE_RETRY.has(code)) return refuse({ reason: "retry", answer, afterMs: null });
    return code === "E_RECIPIENT_SUPPRESSED" ? gone(answer) : refusedFor(answer);
  }
}

/** A key that can stand in a header. */
const isHeaderValue = (value: string | null): value is string =>
  value !== null && /^[\x21-\x7e](?:[\x20-\x7e]{0,2000}[\x21-\x7e])?$/.test(value);

/** Posts JSON. What was answered is judged by `judge`, if anything was. */
async function postJson(
  { outbound }: SenderPorts,
  url: string,
  headers: Record<string, string>,
  body: string,
  judge: (reply: OutboundReply) => Sent,
): Promise<Sent> {
  const all = { "content-type": "application/json", accept: "application/json", "user-agent": USER_AGENT, ...headers };
  const reply = await outbound({ url, method: "POST", headers: all, body, mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS });
  return reply.ok ? judge(reply.value) : refuse(noAnswer(reply.refusal));
}

/** By Resend, which sends what it was given under one key only once within a day. */
export async function sendByResend(ports: SenderPorts, key: string | null, mail: Mail): Promise<Sent> {
  if (!isHeaderValue(key)) return refusedFor("credential_malformed");
  const { to, subject, text, headers } = mail;
  const body = JSON.stringify({ from: mailboxText(mail.from), to: [to], subject, text, headers });
  const given = { authorization: `Bearer ${key}`, "idempotency-key": mail.id };
  return await postJson(ports, "https://api.resend.com/emails", given, body, (reply) => {
    if (isAccepted(reply)) return sent(statusCode(reply));
    const name = objectIn(reply)?.["name"];
    // It took this message before, and words have changed since.
    if (reply.status === 409 && name === "invalid_idempotent_request") return sent("already_sent");
    return refuse(reply.status === 409 ? sendAgain(reply, statusCode(reply), ports.now()) : notAccepted(reply, ports.now()));
  });
}

const POSTMARK_MAINTENANCE = 100;
const POSTMARK_INACTIVE_RECIPIENT = 406;

/** `ErrorCode`, 0 for none; null for what is no answer of Postmark's. */
function postmarkCode(answer: JsonObject | null): number | null {
  const code = answer?.["ErrorCode"];
  return typeof code === "number" && Number.isInteger(code) && code >= 0 && code < 100_000 ? code : null;
}

/** By Postmark, which keeps the id that it is given. */
export async function sendByPostmark(ports: SenderPorts, token: string | null, mail: Mail): Promise<Sent> {
  if (!isHeaderValue(token)) return refusedFor("credential_malformed");
  const headers = { ...mail.headers, "Message-ID": mail.messageId, "X-PM-KeepID": "true" };
  const body = JSON.stringify({
    From: mailboxText(mail.from),
    To: mail.to,
    Subject: mail.subject,
    TextBody: mail.text,
    MessageStream: "outbound",
    Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
  });
  return await postJson(ports, "https://api.postmarkapp.com/email", { "x-postmark-server-token": token }, body, (reply) => {
    const code = postmarkCode(objectIn(reply));
    if (isPassing(reply) || code === POSTMARK_MAINTENANCE) return refuse(sendAgain(reply, statusCode(reply), ports.now()));
    if (isAccepted(reply)) return code === 0 ? sent(statusCode(reply)) : refuse(sendAgain(reply, "answer_malformed", ports.now()));
    if (code === POSTMARK_INACTIVE_RECIPIENT) return gone(`postmark_${code}`);
    return code === null ? refuse(notAccepted(reply, ports.now())) : refusedFor(`postmark_${code}`);
  });
}

export interface Relay {
  url: string;
  header: string;
  template: string;
}

/** By a relay, which is told by the status alone. The credential goes into the header that the settings name, as it is. */
export async function sendByRelay(ports: SenderPorts, relay: Relay, credential: string | null, mail: Mail): Promise<Sent> {
  const { to, subject, text, id } = mail;
  const body = fillRelayTemplate(relay.template, { to, subject, text, id });
  if (!body.ok) return refusedFor(body.refusal.replaceAll("-", "_"));
  if (credential !== null && !isHeaderValue(credential)) return refusedFor("credential_malformed");
  if (credential !== null && !/^[A-Za-z0-9-]{1,100}$/.test(relay.header)) return refusedFor("header_malformed");
  const headers: Record<string, string> = credential === null ? {} : { [relay.header.toLowerCase()]: credential };
  return await postJson(ports, relay.url, { ...headers, "idempotency-key": id }, body.value, (reply) =>
    isAccepted(reply) ? sent(statusCode(reply)) : refuse(notAccepted(reply, ports.now())),
  );
}
