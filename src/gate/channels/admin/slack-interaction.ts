/** Whether Slack has sent something, as its signature says. Whatever it is, it changes nothing. */
import { credentialPurpose } from "./channel-credential.ts";
import type { StandingChannel } from "./standing-channel.ts";
import type { Vault } from "../vault.ts";

/** As its headers and its body say. */
export interface SlackSaid {
  timestamp: string;
  signature: string;
  body: string;
}

export interface SlackPorts {
  vault: Vault | null;
  /** From the D1 primary, removed or not; null if there never was one. */
  channelById(id: string): Promise<StandingChannel | null>;
  /** Whether it was signed within five minutes with the signing secret of this credential, which is as src/channels keeps it. */
  isSignedBySlack(credential: string, said: SlackSaid): Promise<boolean>;
}

/** False for a channel that is none of Slack's, has no signing secret, or is removed, alike. */
export async function isFromSlack(channelId: string, said: SlackSaid, ports: SlackPorts): Promise<boolean> {
  // Without these nobody has signed anything, and nothing is looked up.
  if (ports.vault === null || said.signature === "" || !/^chn_[A-Za-z0-9_-]{1,64}$/.test(channelId)) return false;
  const channel = await ports.channelById(channelId);
  if (channel === null || channel.settings.kind !== "slack" || channel.credential === null) return false;
  const opened = await ports.vault.open(channel.credential, credentialPurpose(channelId, channel.settings));
  return opened.ok && (await ports.isSignedBySlack(opened.value, said));
}
