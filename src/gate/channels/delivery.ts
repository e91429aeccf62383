/** What hand-over and delivery need of the world. Types only. */
import type { Result } from "#countersign/result.ts";
import type { NoticeState, Told } from "#rules/notices/outbox.ts";
import type { NoticePlan, RoutingFacts } from "#rules/notices/routing.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import type { ChannelSender } from "./channel.ts";
import type { ChannelKind, ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import type { Vault } from "./vault.ts";

/** The object of a request, as far as it has something to tell. */
export interface NoticeOutbox {
  /** Null if it has nothing to tell, ever. */
  notices(): Promise<NoticeState | null> | NoticeState | null;
  /** Resolves once it is durable that these events are handed over. */
  told(told: Told): Promise<void> | void;
}

/** A message that this caller alone sends, until `heldUntil`. */
export interface HeldMessage {
  id: string;
  requestId: string | null;
  personId: string | null;
  contact: { id: string; address: string; keyId: string | null } | null;
  target: string | null;
  content: MessageContent;
  /** What the channel calls the message that this one edits. */
  edits: string | null;
  /** This one counted. */
  attempts: number;
  givesUpAt: string | null;
  heldUntil: string;
  channel: { id: string; name: string; settings: ChannelSettings; credential: string | null };
}

/** How an attempt went. */
export interface Attempt {
  message: HeldMessage;
  sent: Result<{ answer: string; handle: string | null }, SendFailure | { reason: "moot"; answer: string }>;
}

/** Of which messages those are taken that are due: of one request, one message, or any. */
export type Which = { request: string } | { message: string } | "any";

/** At most so many that are due, for nobody else until so many milliseconds have passed. */
export interface Taking {
  which: Which;
  holdMs: number;
  most: number;
}

/** `dueAt`: when the next of them is due; null if none waits. `notifiedAt`: of a request, when the first who may decide was told. */
export interface AfterAttempts extends Pick<Told, "dueAt" | "notifiedAt"> {
  /** Switched off by these attempts, having taken nothing for days. */
  disabled: { id: string; name: string }[];
}

export interface Messages {
  /** What routing is judged by for these people, and who is told in their place. */
  routingFacts(requestId: string, people: readonly string[], nowMs: number): Promise<Omit<RoutingFacts, "nowMs" | "origin">>;
  /**
   * Writes a plan down, and takes what is due; in one trip. A message that is there already stays as it is. Many alike to one address
   * become one (docs/channels.md).
   */
  write(plan: NoticePlan, take: Taking | null, nowMs: number): Promise<HeldMessage[]>;
  /** Notes how each went, and tells how things stand with what is taken from after that; in one trip. */
  record(attempts: readonly Attempt[], which: Which, nowMs: number): Promise<AfterAttempts>;
  /** What a summary says now; null once nothing that it tells of is open. */
  summary(messageId: string, nowMs: number): Promise<MessageContent["many"] | null>;
  /** Confirmed contacts of admins on other channels than that one, for what admins have to know. */
  contactsOfAdmins(butChannel: string): Promise<{ personId: string; contactId: string; channelId: string }[]>;
}

export interface DeliveryPorts {
  messages: Messages;
  senders: Readonly<Record<ChannelKind, ChannelSender>>;
  /** Null where there is no secret for it: then nothing that needs a credential is sent. */
  vault: Vault | null;
  origin: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  report(
    event: "message-failed" | "message-broken" | "channel-disabled",
    of: { channel: string; message?: string; request?: string; code?: string; error?: unknown },
  ): void;
}
