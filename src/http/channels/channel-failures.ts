/** What admins are told of refusals around channels and messages. */
import type { DraftRefusal } from "#gate/channels/admin/draft-channel.ts";
import type { SignChannelRefusal } from "#gate/channels/admin/sign-channel.ts";
import type { TestRefusal } from "#gate/channels/admin/test-channel.ts";
import { SIGNATURE_ANSWERS } from "#http/signatures/signature-failures.ts";
import { fieldFailure, publicAnswers } from "#rules/failure.ts";

/** `no-such-place`: a cursor that this service has not given. */
type ChannelRoutesRefusal =
  | DraftRefusal
  | SignChannelRefusal
  | TestRefusal
  | {
      reason: "unknown-message" | "not-to-be-sent-again" | "nobody-decides-any-more" | "not-a-webhook" | "no-such-place" | "not-from-slack";
    };

export const channelFailure = publicAnswers<ChannelRoutesRefusal>({
  ...SIGNATURE_ANSWERS,
  "settings-not-good": ({ field, message }) => fieldFailure(field, message),
  "channels-not-available": {
    code: "channels_not_available",
    message: "Channels are off here: this deployment has no VAULT_SECRET, with which credentials are sealed. Its operator can set one.",
  },
  "name-of-another-channel": fieldFailure("name", "a channel has a name that looks like this"),
  "too-many-channels": fieldFailure("settings", "there are as many channels as there can be: remove one first"),
  "one-for-pushes": fieldFailure("settings.kind", "there is a channel for push services already: change that one"),
  "unknown-channel": { code: "not_found", message: "There is no such channel." },
  "another-kind": fieldFailure("settings.kind", "a channel stays of its kind: add another one"),
  "credential-wanted": fieldFailure("credential", "is wanted again, because it would go to another place than it was given for"),
  "credential-unreadable": {
    code: "channel_changed",
    message: "The credential that is kept cannot be opened with this deployment’s VAULT_SECRET. Remove the channel, and add it again.",
  },
  "nothing-to-rotate": { code: "channel_changed", message: "This channel has no credential: it sends by this deployment’s own binding." },
  "not-drafted": {
    code: "channel_changed",
    message: "What was signed is not there any more: it was taken back, or too long ago. Nothing was made. Begin again.",
  },
  "channel-changed-meanwhile": {
    code: "channel_changed",
    message: "Nothing was made: the channel was changed or removed in the meantime. Look at it again.",
  },
  "unknown-message": { code: "not_found", message: "There is no such message." },
  "not-to-be-sent-again": {
    code: "not_sendable",
    message: "This message waits to be sent already, is told of in another one, or its channel was removed.",
  },
  "nobody-decides-any-more": {
    code: "not_sendable",
    message: "Nobody is told of this any more: its request is over.",
  },
  "not-a-webhook": { code: "not_sendable", message: "Only a webhook is sent again what it was told." },
  "no-such-place": fieldFailure("cursor", "no answer of this service had this"),
  "not-from-slack": { code: "unauthorized", message: "This was not signed by Slack for this channel." },
});
