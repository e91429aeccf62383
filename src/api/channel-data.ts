/** What `/api/v1/channels` and `/messages` take and answer: schemas, and the types that come from them. Pages and their scripts take the types only. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { CHANNEL_KINDS } from "#countersign/documents/record.ts";
import { described, type DocumentOf, fitting } from "./document.ts";
import { proposedSignatures, signatureCount } from "./people-data.ts";
import { distinctName } from "./people-schemas.ts";

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const place = z.strictObject({
  group: described(z.nullable(text(64)), "Of which group's requests it hears; null for all."),
  to: text(254),
});
const places = z.array(place).check(z.maxLength(100));
const relay = z.strictObject({ url: text(2_048), header: text(64), template: text(8_192) });

/** Settings as an admin gives them: keys are made by the service. */
const givenSettings = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("webhook"),
    url: text(2_048),
    signing: z.enum(["hmac", "ed25519"]),
    events: described(z.array(text(64)).check(z.maxLength(100)), "Patterns such as approval.*; a star stands for anything."),
  }),
  z.strictObject({ kind: z.literal("slack"), places }),
  z.strictObject({
    kind: z.literal("email"),
    via: z.enum(["cloudflare", "resend", "postmark", "relay"]),
    from: text(254),
    relay: z.nullable(relay),
    places,
  }),
  z.strictObject({ kind: z.literal("webpush"), subject: text(254) }),
]);
const slackCredential = z.strictObject({ bot_token: text(300), signing_secret: z.optional(z.nullable(text(100))) });
const keyCredential = z.strictObject({ api_key: text(600) });
const credential = z.optional(z.nullable(z.union([slackCredential, keyCredential])));
export type CredentialBody = z.output<typeof credential>;

const channelId = z.string().check(z.regex(/^chn_[A-Za-z0-9_-]{22}$/, "channel id"));
const operation = z.string().check(z.regex(/^[0-9a-f]{64}$/, "SHA-256 in lowercase hexadecimal"));
/** What is to be signed: a new channel, another one in its place, a new credential, or what another admin has signed for. */
export const channelDraftBody = z.discriminatedUnion("draft", [
  z.strictObject({ draft: z.literal("add"), name: distinctName, settings: givenSettings, credential }),
  z.strictObject({ draft: z.literal("change"), channel: channelId, name: distinctName, settings: givenSettings, credential }),
  z.strictObject({ draft: z.literal("rotate"), channel: channelId, credential }),
  z.strictObject({ draft: z.literal("again"), operation, name: distinctName }),
]);
export const channelBody = z.strictObject({ authorisation: z.array(z.unknown()) });
export const replayBody = z.strictObject({
  from: described(
    z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/, "a time in UTC such as 2026-11-20T09:30:00Z")),
    "Everything is sent again that is not older.",
  ),
});

const time = fitting(z.string(), words.time);
const count = fitting(z.int(), words.count);
const kind = z.enum(CHANNEL_KINDS);
const keptPlaces = z.array(z.looseObject({ group: z.nullable(z.string()), to: z.string() }));
/** What admins have signed for, by its hash; nothing in it is secret. */
const settings = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("webhook"),
    url: z.string(),
    signing: z.enum(["hmac", "ed25519"]),
    public_key: z.nullable(z.string()),
    events: z.array(z.string()),
  }),
  z.looseObject({ kind: z.literal("slack"), places: keptPlaces }),
  z.looseObject({
    kind: z.literal("email"),
    via: z.enum(["cloudflare", "resend", "postmark", "relay"]),
    from: z.string(),
    relay: z.nullable(z.looseObject({ url: z.string(), header: z.string(), template: z.string() })),
    places: keptPlaces,
  }),
  z.looseObject({ kind: z.literal("webpush"), subject: z.string(), public_key: z.string() }),
]);
export type ShownSettings = DocumentOf<typeof settings>;
const state = z.enum(["unverified", "active", "disabled", "removed"]);

export const channelItem = z.looseObject({
  id: z.string(),
  name: z.string(),
  kind,
  settings,
  state,
  state_at: time,
  /** Since when nothing was accepted; null while all is well. */
  failing_since: z.nullable(time),
  /** A code. */
  last_answer: z.nullable(z.string()),
  last_sent_at: z.nullable(time),
  created_at: time,
  /** Messages that wait to be sent. */
  waiting: count,
  /** How often it was signed for. */
  number: count,
  leaf_index: count,
});
export type ChannelItem = DocumentOf<typeof channelItem>;

/** What one of two admins has signed for. */
const waitingChannel = z.looseObject({
  ...proposedSignatures,
  change: z.enum(["channel.added", "channel.changed"]),
  id: z.string(),
  name: z.string(),
  settings,
  expires_at: time,
});
export type WaitingChannel = DocumentOf<typeof waitingChannel>;

export const channelList = z.looseObject({
  items: z.array(channelItem),
  waiting: z.array(waitingChannel),
  /** Whether channels can be added here: it takes a secret that credentials are sealed with. */
  available: z.boolean(),
});

const made = { id: z.string(), name: z.string() };
export const madeChannel = z.looseObject(made);
export const awaitingChannel = z.looseObject({ ...made, ...signatureCount.shape });
/** `answer` is a code of what the receiver said, never its words. */
export const testedChannel = z.looseObject({ sent: z.boolean(), answer: z.string(), state });
export const replayedMessages = z.looseObject({ messages: count, more: z.boolean() });

const messageState = z.enum(["waiting", "sent", "failed", "dropped", "folded"]);
export const messageItem = z.looseObject({
  id: z.string(),
  channel: z.looseObject({ id: z.string(), name: z.string() }),
  /** Username; null of a system and of a group's place. */
  person: z.nullable(z.string()),
  /** A place of the channel's settings. */
  place: z.nullable(z.string()),
  request_id: z.nullable(z.string()),
  agent_id: z.nullable(z.string()),
  type: z.string(),
  state: messageState,
  attempts: count,
  next_at: z.nullable(time),
  answer: z.nullable(z.string()),
  created_at: time,
  sent_at: z.nullable(time),
});
export type MessageItem = DocumentOf<typeof messageItem>;
export const messageList = z.looseObject({ items: z.array(messageItem), next_cursor: z.optional(z.string()) });

export const messagesQuery = z.object({
  channel: z.optional(z.string()),
  request: z.optional(z.string()),
  state: z.optional(messageState),
  cursor: z.optional(z.string()),
});
