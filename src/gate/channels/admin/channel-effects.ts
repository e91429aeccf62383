/** What becomes of channels with a leaf of the log, and under which conditions. */
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import type { ChannelKind } from "#rules/notices/channel-settings.ts";

/** A channel as admins have signed for it. */
export interface ChannelRow {
  id: string;
  name: string;
  kind: ChannelKind;
  /** Canonical JSON of its `ChannelSettings`. */
  settings: string;
  /** Of the events that a webhook is told; of others empty. */
  events: string[];
  /** Sealed by the vault; null if its kind needs none. */
  credential: string | null;
  /** How often it was signed for, with this time. */
  number: number;
}

export type ChannelEffect =
  | { kind: "channel-added"; channel: ChannelRow; at: string; authorised: SpentAuthorisation }
  /** `isProved`: what a test has shown of it before still holds, and its state stays. */
  | { kind: "channel-changed"; channel: ChannelRow; isProved: boolean; at: string; authorised: SpentAuthorisation }
  | { kind: "channel-removed"; channelId: string; at: string };

/** Why a channel is not written as signed for, by the condition of its batch that does not hold. */
export const CHANNEL_REFUSALS = {
  channel_is_next: "channel-changed-meanwhile",
  channel_name_is_free: "name-of-another-channel",
  channel_is_drafted: "not-drafted",
} as const;
