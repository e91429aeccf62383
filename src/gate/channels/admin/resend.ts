/** Messages that are sent again by hand: one, or all of a webhook from a moment on. Receivers know them by their ids. */
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { MessageRecord } from "#rules/notices/message.ts";
import type { StandingChannel } from "./standing-channel.ts";

export interface ResendPorts {
  /** From the D1 primary; null if there is none. */
  messageById(id: string): Promise<MessageRecord | null>;
  channelById(id: string): Promise<StandingChannel | null>;
  /** Whether a request waits for people still. */
  isStillOpen(requestId: string): Promise<boolean>;
  /** It waits again, as if it had never been tried, if it was sent, failed or dropped and its channel stands. False if not. */
  putBack(id: string, now: string): Promise<boolean>;
  /** The same of what was sent or failed of a channel, `from` on, the oldest `most`. Gives how many. */
  putAllBack(channelId: string, from: string, now: string, most: number): Promise<number>;
  /** Begins to send what waits. Never throws, and nothing depends on it. */
  wakeDelivery(): Promise<void>;
  now(): number;
}

const MOST_REPLAYED = 10_000;

/**
 * Sends a message once more, under the same id. Of what people were told only what failed, or while its request is open: nobody is asked
 * to decide what is decided.
 */
export async function resendMessage(
  id: string,
  ports: ResendPorts,
): Promise<Result<null, { reason: "unknown-message" | "not-to-be-sent-again" | "nobody-decides-any-more" }>> {
  const message = await ports.messageById(id);
  if (message === null) return refuse({ reason: "unknown-message" });
  const channel = await ports.channelById(message.channelId);
  const isOfSystem = channel?.settings.kind === "webhook";
  const isNeeded = isOfSystem || message.state === "failed" || message.requestId === null || (await ports.isStillOpen(message.requestId));
  if (!isNeeded) return refuse({ reason: "nobody-decides-any-more" });
  if (!(await ports.putBack(id, timestamp(ports.now())))) return refuse({ reason: "not-to-be-sent-again" });
  await ports.wakeDelivery();
  return accept(null);
}

/** Sends again what a webhook was told since `from`, at most 10,000, the oldest first. Gives how many; `more` if there may be others. */
export async function replayMessages(
  channelId: string,
  from: string,
  ports: ResendPorts,
): Promise<Result<{ messages: number; more: boolean }, { reason: "unknown-channel" | "not-a-webhook" }>> {
  const channel = await ports.channelById(channelId);
  if (channel === null || channel.state === "removed") return refuse({ reason: "unknown-channel" });
  if (channel.settings.kind !== "webhook") return refuse({ reason: "not-a-webhook" });
  const messages = await ports.putAllBack(channelId, from, timestamp(ports.now()), MOST_REPLAYED);
  await ports.wakeDelivery();
  return accept({ messages, more: messages === MOST_REPLAYED });
}
