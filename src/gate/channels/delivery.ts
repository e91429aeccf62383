/** What hand-over and delivery need of the world. Types only. */
import type { Result } from "#countersign/result.ts";
import type { NoticeState, Told } from "#rules/notices/outbox.ts";
import type { NoticePlan, RoutingFacts } from "#rules/notices/routing.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import type { ChannelKind, ChannelSender, ChannelSettings, SendFailure } from "./channel.ts";
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

export interface Messages {
  /** What routing is judged by for these people, and who is told in their place. */
  routingFacts(requestId: string, people: readonly string[], nowMs: number): Promise<Omit<RoutingFacts, "nowMs" | "origin">>;
  /** Writes a plan down; a message that is there already stays as it is. Many alike to one address become one (docs/channels.md). */
  write(plan: NoticePlan, nowMs: number): Promise<void>;
  /** Takes at most `most` that are due, for nobody else until `holdMs` have passed. */
  claim(which: Which, nowMs: number, holdMs: number, most: number): Promise<HeldMessage[]>;
  /** Notes how each went. Resolves to the channels that are switched off by it, having taken nothing for days. */
  record(attempts: readonly Attempt[], nowMs: number): Promise<{ id: string; name: string }[]>;
  /** When the next message of that request is due, and when the first notice of it was accepted. */
  standingOf(requestId: string): Promise<Pick<Told, "dueAt" | "notifiedAt">>;
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
