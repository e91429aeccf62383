/** What senders are made of, and what they have in common. */
import { refuse, type Result } from "#countersign/result.ts";
import type { ChannelSender, OpenChannel, Outgoing } from "#gate/channels/channel.ts";
import type { ChannelKind, ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { SendFailure } from "#rules/notices/retries.ts";
import type { Outbound } from "#gate/channels/outbound.ts";

/** The part of Cloudflare's `send_email` binding that is used. Throws errors with a `code`. */
export interface EmailBinding {
  send(message: {
    from: string | { email: string; name: string };
    to: string;
    subject: string;
    text: string;
    headers: Record<string, string>;
  }): Promise<{
    messageId: string;
  }>;
}

export interface SenderPorts {
  outbound: Outbound;
  /** Null: this deployment has no such binding. */
  email: EmailBinding | null;
  /** Milliseconds since 1970, at each call. */
  now: () => number;
}

export type SettingsOf<Kind extends ChannelKind> = Extract<ChannelSettings, { kind: Kind }>;
export type Sent = Result<{ answer: string; handle: string | null }, SendFailure>;

/** As it is, it is never accepted. */
export const refusedFor = (answer: string): { ok: false; refusal: SendFailure } => refuse({ reason: "refused", answer });

/** A sender of one kind: channels of another are refused. */
export const senderOf = <Kind extends ChannelKind>(
  kind: Kind,
  send: (settings: SettingsOf<Kind>, channel: OpenChannel, message: Outgoing) => Promise<Sent>,
): ChannelSender => ({
  send: async (channel, message) =>
    channel.settings.kind === kind ? await send(channel.settings as SettingsOf<Kind>, channel, message) : refusedFor("wrong_kind"),
});
