/**
 * Messages to devices (RFC 8030, 8291, 8292). All are of one size, so that push services learn nothing from it; every one shows
 * something, since some devices end a subscription whose pushes do not; those of one request replace each other.
 */
import { utf8 } from "#countersign/encoding/bytes.ts";
import { parseJson } from "#countersign/json/canonical-json.ts";
import { fit, matching, object, text, anyObject, type Of, type Shape } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ChannelSender, Outgoing } from "#gate/channels/channel.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import type { OutboundReply } from "#gate/channels/outbound.ts";
import type { PushPayload } from "#rules/notices/push-payload.ts";
import { isAccepted, noAnswer, notAccepted, sendAgain, statusCode, USER_AGENT } from "./http-answer.ts";
import { refusedFor, senderOf, type SenderPorts } from "./sender.ts";
import { vapidKeyFor, type VapidKey } from "./vapid-keys.ts";
import { wording, type Wording } from "./wording.ts";

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 65_536;
/** What fits into a record of 4,096 bytes beside its header, its key, the delimiter and the tag. */
const MOST_PAYLOAD_BYTES = 3_993;

const MINUTE_S = 60;
/** How long news waits for a device that is off: what it corrects may lie on one for as long. */
const NEWS_TTL_S = 86_400;
/** Push services keep nothing for longer. */
const MOST_TTL_S = 2_419_200;

const keysShape = object({
  p256dh: matching(/^B[A-Za-z0-9_-]{86}=?$/, "an uncompressed point"),
  auth: matching(/^[A-Za-z0-9_-]{22}(?:==)?$/, "16 bytes"),
});
/** As `PushSubscription.toJSON()` gives it; browsers may add members. */
const subscriptionShape: Shape<{ endpoint: string; keys: Of<typeof keysShape> }> = (value, path) => {
  const { endpoint, keys } = anyObject(value, path);
  return { endpoint: text(9, 2_048)(endpoint, "endpoint"), keys: keysShape(keys, "keys") };
};
export type PushAddress = Of<typeof subscriptionShape>;

/** A subscription from the text of a contact's address. Refuses what is none; whether its host may be sent to is asked when it is. */
export function readPushAddress(address: string): Result<PushAddress, "address-malformed"> {
  const parsed = parseJson(address);
  const fitting = parsed.ok ? fit(subscriptionShape, parsed.value) : parsed;
  if (!fitting.ok || !URL.canParse(fitting.value.endpoint)) return refuse("address-malformed");
  return new URL(fitting.value.endpoint).protocol === "https:" ? accept(fitting.value) : refuse("address-malformed");
}

/** RFC 8030, section 5.4. */
const TOPIC = /^[A-Za-z0-9_-]{1,32}$/;

const MAILBOX = /^mailto:[^\s@<>,;:"?]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$/;
/** Names that are nobody's (RFC 2606, RFC 6761, RFC 8375). */
const NOBODYS = /(?:^|[.@])(?:localhost|local|internal|invalid|test|example|example\.(?:com|net|org)|home\.arpa)$/;

/**
 * Whether push services may be told this as whom to write to (RFC 8292, "sub"): a `mailto:` or `https:` address with a name that somebody
 * can own. Some services refuse every push under another one.
 */
export function isVapidSubject(subject: string): boolean {
  if (MAILBOX.test(subject)) return !NOBODYS.test(subject.toLowerCase());
  if (!subject.startsWith("https://") || !URL.canParse(subject)) return false;
  const { hostname, username } = new URL(subject);
  return username === "" && /\.[a-z]{2,}$/.test(hostname) && !NOBODYS.test(hostname);
}

/** How long a push service keeps it for a device that is off (seconds): an ask until its deadline. */
function ttlOf({ content, nowMs }: Outgoing, { isNews }: Wording): number {
  if (isNews || content.request === undefined) return NEWS_TTL_S;
  const leftS = Math.ceil((Date.parse(content.request.expiresAt) - nowMs) / 1_000);
  return Math.min(Math.max(leftS, MINUTE_S), MOST_TTL_S);
}

/** The payload as JSON. Lines that do not fit are left out, the last ones first; null if not even the title fits. */
function payloadOf({ content, topic, id }: Outgoing, { title, lines, link, isNews }: Wording): Uint8Array | null {
  for (let count = lines.length; count >= 0; count--) {
    const body = lines.slice(0, count).join("\n");
    const payload: PushPayload = { v: 1, title, body, url: link.url, tag: topic ?? id, at: content.at, ...(isNews && { silent: true }) };
    const bytes = utf8(JSON.stringify(payload));
    if (bytes.length <= MOST_PAYLOAD_BYTES) return bytes;
  }
  return null;
}

type Push = { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> };

/** The encrypted push. Refuses keys of a subscription that are none, and a key pair of this service's that is none. */
async function pushOf(message: Outgoing, to: PushAddress, subject: string, key: VapidKey): Promise<Result<Push, SendFailure>> {
  // Loaded by the first push only.
  const { encryptNotification, vapidHeaders } = await import("@block65/webcrypto-web-push");
  const words = wording(message.content, message.nowMs);
  const subscription = { ...to, expirationTime: null };
  const known = await vapidHeaders(subscription, { subject, publicKey: key.public, privateKey: key.private }).catch(() => null);
  if (known === null) return refuse({ reason: "refused", answer: "credential_malformed" });
  const payload = payloadOf(message, words);
  if (payload === null) return refuse({ reason: "refused", answer: "payload_too_large" });
  const body = await encryptNotification(subscription, payload).catch(() => null);
  if (body === null) return refuse({ reason: "gone", answer: "address_malformed" });
  const topic: Record<string, string> = message.topic !== null && TOPIC.test(message.topic) ? { topic: message.topic } : {};
  const headers = {
    ...known.headers,
    ttl: String(ttlOf(message, words)),
    urgency: words.urgency,
    ...topic,
    "content-encoding": "aes128gcm",
    "content-type": "application/octet-stream",
    "user-agent": USER_AGENT,
  };
  return accept({ headers, body });
}

/** 404 and 410 end a subscription (RFC 8030, section 7.3); 413 says that it is too large now, which all of them are or none is. */
function failureOf(reply: OutboundReply, nowMs: number): SendFailure {
  if (reply.status === 404 || reply.status === 410) return { reason: "gone", answer: statusCode(reply) };
  return reply.status === 413 ? sendAgain(reply, statusCode(reply), nowMs) : notAccepted(reply, nowMs);
}

/** Sends to a subscription, encrypted for the device. A channel has no device of its own: a test of it only looks at its keys. */
export const webPushSender = ({ outbound, now }: SenderPorts): ChannelSender =>
  senderOf("webpush", async ({ subject }, { credential }, message) => {
    if (!isVapidSubject(subject)) return refusedFor("subject_malformed");
    const key = vapidKeyFor(credential, message.to.is === "contact" ? message.to.keyId : null, now());
    if (!key.ok && key.refusal === "credential-malformed") return refusedFor("credential_malformed");
    if (message.to.is === "channel") return accept({ answer: "ok", handle: null });
    if (message.to.is === "place") return refusedFor("address_malformed");
    if (!key.ok) return refuse({ reason: "gone", answer: "key_retired" });
    const to = readPushAddress(message.to.address);
    if (!to.ok) return refuse({ reason: "gone", answer: "address_malformed" });
    const push = await pushOf(message, to.value, subject, key.value);
    if (!push.ok) return push;
    const reply = await outbound({ url: to.value.endpoint, method: "POST", ...push.value, mostBytes: MOST_BYTES, timeoutMs: TIMEOUT_MS });
    if (!reply.ok) return refuse(noAnswer(reply.refusal));
    return isAccepted(reply.value) ? accept({ answer: statusCode(reply.value), handle: null }) : refuse(failureOf(reply.value, now()));
  });
