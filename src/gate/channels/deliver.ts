/** Sending what is due, and noting what was answered. Nobody waits for it but its trigger. */
import { refuse } from "#countersign/result.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { type Destination, type OpenChannel } from "./channel.ts";
import { channelOrigin } from "#rules/notices/channel-settings.ts";
import type { NoticePlan } from "#rules/notices/routing.ts";
import type { AfterAttempts, Attempt, DeliveryPorts, HeldMessage, Which } from "./delivery.ts";

/** Below the six connections that the platform lets wait for an answer. */
const AT_ONCE = 5;
/** Whoever died while sending held it so long. */
const HOLD_MS = 60_000;
/** Longer than any sender takes, two calls to Slack: what is not begun so long before its hold is over is left to the next. */
const LONGEST_MS = 25_000;
const MOST_AT_A_TIME = 20;
/** A round more where what was sent lets others follow; the rest is the next trigger's. */
const MOST_ROUNDS = 20;

const NOTHING_NEW: NoticePlan = { add: [], drop: [] };
const NOTHING_DUE: AfterAttempts = { dueAt: null, notifiedAt: null, disabled: [] };

/**
 * Writes a plan down, if there is one, and sends what is due of these, until nothing is. Resolves to how it stands then. Throws if D1 does
 * not answer: what was sent is then sent again, under the same id.
 */
export async function deliverDue(which: Which, ports: DeliveryPorts, plan: NoticePlan = NOTHING_NEW): Promise<AfterAttempts> {
  let after: AfterAttempts | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const taking = { which, holdMs: HOLD_MS, most: MOST_AT_A_TIME };
    const held = await ports.messages.write(round === 0 ? plan : NOTHING_NEW, taking, ports.now());
    // Of any it is the next trigger's to know when they are due.
    if (held.length === 0 && (after !== null || which === "any")) return after ?? NOTHING_DUE;
    const attempts = await sendAll(held, ports);
    after = await ports.messages.record(attempts, which, ports.now());
    for (const { message, sent } of attempts) {
      if (!sent.ok && sent.refusal.reason !== "moot") report(message, sent.refusal.answer, ports);
    }
    for (const channel of after.disabled) await tellAdmins(channel, ports);
    if (after.dueAt === null || Date.parse(after.dueAt) > ports.now()) return after;
  }
  return after ?? NOTHING_DUE;
}

/** Each as soon as there is room, and while its hold is sure to last; a channel that hangs does not hold up the others. */
async function sendAll(held: readonly HeldMessage[], ports: DeliveryPorts): Promise<Attempt[]> {
  const [attempts, queue]: [Attempt[], HeldMessage[]] = [[], [...held]];
  const untilMs = ports.now() + HOLD_MS - LONGEST_MS;
  const work = async (): Promise<void> => {
    for (let message = queue.shift(); message !== undefined && ports.now() < untilMs; message = queue.shift())
      attempts.push({ message, sent: await sendOne(message, ports).catch((error: unknown) => broken(message, error, ports)) });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return attempts;
}

/** What nobody foresaw keeps no other message from being noted as sent. */
function broken({ id, channel }: HeldMessage, error: unknown, ports: DeliveryPorts): Attempt["sent"] {
  ports.report("message-broken", { channel: channel.id, message: id, error });
  return refuse({ reason: "retry", answer: "broken", afterMs: null });
}

async function sendOne(message: HeldMessage, ports: DeliveryPorts): Promise<Attempt["sent"]> {
  const many = message.content.type === "requests.many" ? await ports.messages.summary(message.id, ports.now()) : undefined;
  if (many === null) return refuse({ reason: "moot", answer: "nothing_open" });
  const content = withPage(many === undefined ? message.content : { ...message.content, many }, ports.origin);
  const channel = await openChannel(message, ports);
  const to = await destinationOf(message, ports);
  // A secret that is missing may come back; until then nothing is lost.
  if (channel === null || to === null) return refuse({ reason: "retry", answer: "vault_locked", afterMs: null });
  const { settings } = channel;
  return ports.senders[settings.kind].send(channel, {
    id: message.id,
    to,
    content,
    edits: message.edits,
    topic: topicOf(message),
    nowMs: ports.now(),
  });
}

/** What the log's own trigger wrote down does not know where it can be looked at. */
const withPage = (content: MessageContent, origin: string): MessageContent =>
  content.leaf === undefined || content.url !== "" ? content : { ...content, url: `${origin}/log/entry/${content.leaf.index}` };

/** Null if its credential cannot be opened now. */
async function openChannel({ channel }: HeldMessage, { vault }: DeliveryPorts): Promise<OpenChannel | null> {
  const { id, name, settings, credential } = channel;
  if (credential === null) return { id, name, settings, credential };
  const opened = await vault?.open(credential, { label: "channel", id, origin: channelOrigin(settings) });
  return opened?.ok === true ? { id, name, settings, credential: opened.value } : null;
}

async function destinationOf({ contact, target }: HeldMessage, { vault }: DeliveryPorts): Promise<Destination | null> {
  if (contact === null) return target === null ? { is: "channel" } : { is: "place", to: target };
  const opened = await vault?.open(contact.address, { label: "contact", id: contact.id, origin: "" });
  return opened?.ok === true ? { is: "contact", address: opened.value, keyId: contact.keyId } : null;
}

/** Of a request's id the random part, which is 32 characters of base64url; of what is about no request, of the message's own. */
const topicOf = ({ id, requestId }: HeldMessage): string => (requestId ?? id).slice(4, 36);

function report({ id, requestId, channel }: HeldMessage, code: string, ports: DeliveryPorts): void {
  ports.report("message-failed", { channel: channel.id, message: id, code, ...(requestId !== null && { request: requestId }) });
}

/** What has been switched off is known to its admins, over what still works. */
async function tellAdmins(channel: { id: string; name: string }, ports: DeliveryPorts): Promise<void> {
  ports.report("channel-disabled", { channel: channel.id });
  const at = timestamp(ports.now());
  const content = { type: "channel.disabled", at, url: `${ports.origin}/admin/channels`, channel };
  const contacts = await ports.messages.contactsOfAdmins(channel.id);
  const add = contacts.map(({ personId, contactId, channelId }) => ({
    id: `msg_${channel.id.slice(4)}_${at.replaceAll(/\D/g, "")}_${contactId.slice(4)}`,
    channelId,
    contactId,
    target: null,
    personId,
    requestId: null,
    agentId: null,
    content,
    alike: null,
    edits: null,
    nextAt: at,
    givesUpAt: null,
  }));
  await ports.messages.write({ add, drop: [] }, null, ports.now());
}
