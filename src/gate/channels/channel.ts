/**
 * A channel, and what carries messages over it. Nothing that a receiver says is passed on or changes anything here: it is read as a code,
 * in bounded time and bytes. Types only.
 */
import type { Result } from "#countersign/result.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import type { SendFailure } from "#rules/notices/retries.ts";

/** A channel that is about to be used, its credential open. It lives as long as the sending. */
export interface OpenChannel {
  id: string;
  name: string;
  settings: ChannelSettings;
  /** As its kind keeps it (src/channels); null if it has none. */
  credential: string | null;
}

/** Where a message goes: the channel itself, a place of its settings, or a person's address (JSON of its kind for a subscription). */
export type Destination = { is: "channel" } | { is: "place"; to: string } | { is: "contact"; address: string; keyId: string | null };

/** One message, as it is sent. */
export interface Outgoing {
  /** Stays the same however often it is sent. */
  id: string;
  to: Destination;
  content: MessageContent;
  /** What the channel calls the message that this one changes; null for a new one. */
  edits: string | null;
  /** Of requests and summaries: messages of one topic replace each other where a channel can. At most 32 characters of base64url. */
  topic: string | null;
  nowMs: number;
}

/** One kind of channel. Never throws, and ends in bounded time. */
export interface ChannelSender {
  /** `handle`: what the channel calls it, for later changes; null where nothing can be changed. */
  send(channel: OpenChannel, message: Outgoing): Promise<Result<{ answer: string; handle: string | null }, SendFailure>>;
}
