/** Messages: from the row that says what has to be sent to the row that says what was answered. Types only. */
import type { ChannelState } from "./channel-settings.ts";
import type { MessageContent } from "./content.ts";

export type MessageState = "waiting" | "sent" | "failed" | "dropped" | "folded";

/** A message to be written down. The same `id` again is the same message: the first one stays. */
export interface PlannedMessage {
  id: string;
  channelId: string;
  /** One of the two, or neither: then it is for the channel itself. */
  contactId: string | null;
  target: string | null;
  personId: string | null;
  requestId: string | null;
  agentId: string | null;
  content: MessageContent;
  /** What makes it the same as others of its agent to the same address, where it may be folded; null: never. */
  alike: string | null;
  /** The message that it changes; it waits for that one, and goes with it. */
  edits: string | null;
  nextAt: string;
  givesUpAt: string | null;
}

/** As it is kept, for pages and REST. */
export interface MessageRecord extends Omit<PlannedMessage, "nextAt" | "givesUpAt"> {
  state: MessageState;
  attempts: number;
  /** Of a waiting one. */
  nextAt: string | null;
  foldedInto: string | null;
  answer: string | null;
  createdAt: string;
  sentAt: string | null;
  channel: { name: string; state: ChannelState };
  person: string | null;
}
