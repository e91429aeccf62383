/** A channel as it stands. Types only. */
import type { ChannelSettings, ChannelState } from "#rules/notices/channel-settings.ts";

export interface StandingChannel {
  id: string;
  name: string;
  settings: ChannelSettings;
  /** Sealed; null if there is none. */
  credential: string | null;
  /** How often it was signed for. */
  number: number;
  state: ChannelState;
}
