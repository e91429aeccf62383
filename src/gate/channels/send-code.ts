/** Sends what must not be kept, at once and once: a code, and what is said to an address that is forgotten. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { MessageContent } from "#rules/notices/content.ts";
import { channelOrigin, type ChannelSettings } from "#rules/notices/channel-settings.ts";
import type { OpenAddress } from "./contacts.ts";
import type { DeliveryPorts } from "./delivery.ts";

/** As `ContactPorts.sendNow`; `id` is the message's, for receivers that tell doubles by it. */
export async function sendAtOnce(
  channel: { id: string; name: string; settings: ChannelSettings; credential: string | null },
  { id, address, keyId, content }: OpenAddress & { id: string; content: MessageContent },
  { vault, senders, now }: Pick<DeliveryPorts, "vault" | "senders" | "now">,
): Promise<Result<null, { answer: string }>> {
  const { credential, ...rest } = channel;
  const purpose = { label: "channel", id: channel.id, origin: channelOrigin(channel.settings) } as const;
  const opened = credential === null ? accept(null) : await vault?.open(credential, purpose);
  if (opened?.ok !== true) return refuse({ answer: "vault_locked" });
  const sent = await senders[channel.settings.kind].send(
    { ...rest, credential: opened.value },
    { id, to: { is: "contact", address, keyId }, content, edits: null, topic: null, nowMs: now() },
  );
  return sent.ok ? accept(null) : refuse({ answer: sent.refusal.answer });
}
