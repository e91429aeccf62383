/** A message that is sent by hand, to see whether a channel works: the first that is accepted makes it one that is used. */
import { b64u, type Bytes } from "#countersign/encoding/bytes.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ChannelState } from "#rules/notices/channel-settings.ts";
import { deliverDue } from "../deliver.ts";
import type { DeliveryPorts } from "../delivery.ts";
import type { PlannedMessage } from "#rules/notices/message.ts";
import type { StandingChannel } from "./standing-channel.ts";

export interface TestPorts extends DeliveryPorts {
  /** From the D1 primary, removed or not; null if there never was one. */
  channelById(id: string): Promise<StandingChannel | null>;
  /** A confirmed address of that person on that channel, the newest first; null if there is none. */
  contactOf(channelId: string, personId: string): Promise<string | null>;
  /** What became of a message, and no more is tried of it. */
  endTest(messageId: string): Promise<{ isSent: boolean; answer: string | null }>;
  /** A channel that stands and was signed for so often is used from now on, if it is in one of these states. */
  activate(id: string, number: number, from: readonly ChannelState[], at: string): Promise<void>;
  /** Begins to send what waits for a channel. Never throws, and nothing depends on it. */
  wakeDelivery(): Promise<void>;
  random(bytes: number): Bytes;
}

export type TestRefusal = { reason: "channels-not-available" | "unknown-channel" };

/** How it went, and how the channel stands after it. `answer` is a code. */
export interface TestedChannel {
  isSent: boolean;
  answer: string;
  state: ChannelState;
}

/** Sends a test. One that was never proved works from then on; one that is off stays off. */
export const testChannel = (id: string, personId: string, ports: TestPorts) => sendTest(id, personId, ["unverified"], ports);

/** Sends a test and, if it is accepted, uses the channel again: what has waited for it is sent. */
export const enableChannel = (id: string, personId: string, ports: TestPorts) => sendTest(id, personId, ["unverified", "disabled"], ports);

/**
 * Where a test goes: to the first place of the settings, to the tester's own address, or to the channel itself: a webhook's system, an
 * e-mail channel's own mailbox, a question to Slack whose token it is. Of pushes without a device of the tester's only the keys are looked
 * at: nobody can turn on a device before the channel is active.
 */
async function destinationOf(
  { id, settings }: StandingChannel,
  personId: string,
  ports: TestPorts,
): Promise<Pick<PlannedMessage, "contactId" | "target" | "personId">> {
  if (settings.kind === "webhook") return { contactId: null, target: null, personId: null };
  const place = "places" in settings ? settings.places[0]?.to : undefined;
  if (place !== undefined) return { contactId: null, target: place, personId: null };
  const contactId = await ports.contactOf(id, personId);
  return { contactId, target: null, personId: contactId === null ? null : personId };
}

/** 1. The channel stands; 2. the message is written down and sent at once, once; 3. it is used from then on. */
async function sendTest(
  id: string,
  personId: string,
  from: readonly ChannelState[],
  ports: TestPorts,
): Promise<Result<TestedChannel, TestRefusal>> {
  if (ports.vault === null) return refuse({ reason: "channels-not-available" });
  const channel = await ports.channelById(id); // 1
  if (channel === null || channel.state === "removed") return refuse({ reason: "unknown-channel" });

  const to = await destinationOf(channel, personId, ports); // 2
  const message: PlannedMessage = { ...testMessage(channel, ports), ...to };
  await ports.messages.write({ add: [message], drop: [] }, null, ports.now());
  await deliverDue({ message: message.id }, ports);
  const { isSent, answer } = await ports.endTest(message.id);

  if (isSent) await ports.activate(id, channel.number, from, timestamp(ports.now())); // 3
  const after = (await ports.channelById(id)) ?? channel;
  if (isSent && after.state === "active" && channel.state !== "active") await ports.wakeDelivery();
  return accept({ isSent, answer: answer ?? "not_sent", state: after.state });
}

function testMessage({ id, name }: StandingChannel, ports: TestPorts) {
  const at = timestamp(ports.now());
  const content = { type: "channel.test", at, url: `${ports.origin}/admin/channels`, channel: { id, name } };
  const about = { requestId: null, agentId: null, alike: null, edits: null, nextAt: at, givesUpAt: null };
  return { id: `msg_${b64u(ports.random(24))}`, channelId: id, content, ...about };
}
