/**
 * A channel, and what carries messages over it. Nothing that a receiver says is passed on or changes anything here: it is read as a code,
 * in bounded time and bytes.
 */
import type { Result } from "#countersign/result.ts";
import type { MessageContent } from "#rules/notices/content.ts";

export type ChannelKind = "webhook" | "slack" | "email" | "webpush";

/** `unverified`: signed for, and nothing was accepted yet. `disabled`: took nothing for days. Only `active` ones are sent to. */
export type ChannelState = "unverified" | "active" | "disabled" | "removed";

/** A place where a group hears of what its people may decide: a conversation, a mailbox. */
export interface GroupPlace {
  /** Null: of every request. */
  group: string | null;
  to: string;
}

/** What admins sign for, by its hash; nothing in it is secret. */
export type ChannelSettings =
  | { kind: "webhook"; url: string; signing: "hmac" | "ed25519"; public_key: string | null; events: string[] }
  | { kind: "slack"; places: GroupPlace[] }
  | {
      kind: "email";
      via: "cloudflare" | "resend" | "postmark" | "relay";
      from: string;
      /** Of a relay: where it takes a POST, its header for the credential, and the body with {{to}}, {{subject}} and {{text}}. */
      relay: { url: string; header: string; template: string } | null;
      places: GroupPlace[];
    }
  | { kind: "webpush"; subject: string; public_key: string };

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

/**
 * Why it was not accepted. `retry`: later, not before `afterMs` if given. `refused`: never as it is. `gone`: this address takes nothing any
 * more. `answer` is a code such as `http_503` or `timed_out`, never the receiver's words.
 */
export type SendFailure = { reason: "retry"; answer: string; afterMs: number | null } | { reason: "refused" | "gone"; answer: string };

/** One kind of channel. Never throws, and ends in bounded time. */
export interface ChannelSender {
  /** `handle`: what the channel calls it, for later changes; null where nothing can be changed. */
  send(channel: OpenChannel, message: Outgoing): Promise<Result<{ answer: string; handle: string | null }, SendFailure>>;
}

/** Scheme, host and port that a channel's credential is sent to; empty where it leaves the gate in no request. */
export function channelOrigin(settings: ChannelSettings): string {
  switch (settings.kind) {
    case "webhook":
      return new URL(settings.url).origin;
    case "slack":
      return "https://slack.com";
    case "email":
      return settings.relay === null ? MAIL_ORIGINS[settings.via] : new URL(settings.relay.url).origin;
    case "webpush":
      return "";
  }
}

const MAIL_ORIGINS = { cloudflare: "", resend: "https://api.resend.com", postmark: "https://api.postmarkapp.com", relay: "" } as const;
