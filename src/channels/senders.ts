import type { ChannelSender } from "#gate/channels/channel.ts";
import type { ChannelKind } from "#rules/notices/channel-settings.ts";
import { emailSender } from "./email.ts";
import type { SenderPorts } from "./sender.ts";
import { slackSender } from "./slack.ts";
import { webPushSender } from "./web-push.ts";
import { webhookSender } from "./webhook.ts";

/** What carries messages, by the kind of channel. */
export const senders = (ports: SenderPorts): Record<ChannelKind, ChannelSender> => ({
  webhook: webhookSender(ports),
  slack: slackSender(ports),
  email: emailSender(ports),
  webpush: webPushSender(ports),
});
