/** A channel is taken away, with its credential and everybody's addresses on it. It only narrows, so no signature is asked for. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import type { ChannelEffect } from "./channel-effects.ts";
import type { StandingChannel } from "./standing-channel.ts";

export interface RemoveChannelPorts extends AppendPorts<ChannelEffect> {
  /** From the D1 primary, removed or not; null if there never was one. */
  channelById(id: string): Promise<StandingChannel | null>;
}

/** Nothing is sent over it once this has resolved, but for what is on its way. Doing it again is as good. */
export async function removeChannel(
  id: string,
  by: { id: string; username: string },
  ports: RemoveChannelPorts,
): Promise<Result<null, { reason: "unknown-channel" }>> {
  const channel = await ports.channelById(id);
  if (channel === null) return refuse({ reason: "unknown-channel" });
  if (channel.state === "removed") return accept(null);
  const members = { channel: { id, name: channel.name }, by: { id: by.id, username: by.username } };
  // A conflict means that somebody else removed it a moment ago.
  await appendRecord(
    { kind: "channel.removed", members, effect: (at): ChannelEffect => ({ kind: "channel-removed", channelId: id, at }) },
    ports,
  );
  return accept(null);
}
