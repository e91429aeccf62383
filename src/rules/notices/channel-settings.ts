/** What a channel is, as admins sign for it; and whom its credential may go to, which follows from that. */
import type { CHANNEL_KINDS } from "#countersign/documents/record.ts";

export type ChannelKind = (typeof CHANNEL_KINDS)[number];

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
