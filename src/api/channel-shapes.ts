/** Readers for the documents whose schemas are channel-data.ts, for the script of the channels' page, as people-shapes.ts is for others. */
import { anyObject, boolean, list, nullable, object, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import { CHANNEL_KINDS } from "#countersign/documents/record.ts";
import { channelId, count, hash } from "#countersign/documents/words.ts";
import type { ShownSettings } from "./channel-data.ts";

export { channelOrigin } from "#rules/notices/channel-settings.ts";

const places = list(object({ group: nullable(text(1)), to: text(1) }));
const SETTINGS = {
  webhook: object({
    kind: oneOf("webhook"),
    url: text(1),
    signing: oneOf("hmac", "ed25519"),
    public_key: nullable(text(1)),
    events: list(text(1)),
  }),
  slack: object({ kind: oneOf("slack"), places }),
  email: object({
    kind: oneOf("email"),
    via: oneOf("cloudflare", "resend", "postmark", "relay"),
    from: text(1),
    relay: nullable(object({ url: text(1), header: text(1), template: text(1) })),
    places,
  }),
  webpush: object({ kind: oneOf("webpush"), subject: text(1), public_key: text(1) }),
};

export const channelSettingsShape: Shape<ShownSettings> = (value, path) => {
  const kind = oneOf(...CHANNEL_KINDS)(anyObject(value, path)["kind"], `${path}.kind`);
  return SETTINGS[kind](value, path);
};

const state = oneOf("unverified", "active", "disabled", "removed");

/** The id of the data block of `/admin/channels`, and what is in it: what can be changed and signed for there. */
export const CHANNELS_BLOCK_ID = "channels-data";
export const channelsBlockShape = object({
  channels: list(object({ id: channelId, name: text(1), state, settings: channelSettingsShape })),
  waiting: list(
    object({
      operation: hash,
      change: oneOf("channel.added", "channel.changed"),
      id: channelId,
      name: text(1),
      settings: channelSettingsShape,
    }),
  ),
});

const made = { id: channelId, name: text(1) };
/** What was signed for is there; or how many admins have signed. */
export const signedChannelShape: Shape<{ id: string; name: string; signatures?: number }> = (value, path) =>
  Object.hasOwn(anyObject(value, path), "signatures")
    ? object({ ...made, signatures: count, required: count })(value, path)
    : object(made)(value, path);
export const testedChannelShape = object({ sent: boolean, answer: text(1), state });
export const replayedMessagesShape = object({ messages: count, more: boolean });
