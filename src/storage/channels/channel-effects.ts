/** Channels as they come, change and go with a leaf (d1-migrations/0013). */
import { and, eq, ne, sql } from "drizzle-orm";
import type { ChannelEffect, ChannelRow } from "#gate/channels/admin/channel-effects.ts";
import type { ChannelSettings } from "#rules/notices/channel-settings.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { authorised } from "../proposals.ts";
import { channel, contact, message } from "./channel-tables.ts";

/** What was signed for is what was drafted: settings and credential, as they are written now. */
const isDrafted = (operationHash: string, { id, settings, credential, number }: ChannelRow): Query =>
  condition(
    "channel_is_drafted",
    "EXISTS (SELECT 1 FROM channel_draft WHERE operation_hash = ?1 AND channel_id = ?2 AND settings = ?3 AND credential IS ?4 AND number = ?5)",
    operationHash,
    id,
    settings,
    credential,
    number,
  );

/** It was signed for one time less, and is of the same kind; or there is none, and was none. */
const isNextOf = ({ id, number, kind }: ChannelRow): Query =>
  number === 1
    ? condition("channel_is_next", "NOT EXISTS (SELECT 1 FROM channel WHERE id = ?1)", id)
    : condition(
        "channel_is_next",
        "EXISTS (SELECT 1 FROM channel WHERE id = ?1 AND number = ?2 - 1 AND kind = ?3 AND state <> 'removed')",
        id,
        number,
        kind,
      );

/** No other that stands is called just so; names that only look alike are compared before (rules/names.ts). */
const channelNameIsFree = ({ id, name }: ChannelRow): Query =>
  condition(
    "channel_name_is_free",
    "NOT EXISTS (SELECT 1 FROM channel WHERE name = ?1 COLLATE NOCASE AND id <> ?2 AND state <> 'removed')",
    name,
    id,
  );

/** The draft is asked for before the signatures go, which it goes with. */
const signedFor = (row: ChannelRow, signed: Parameters<typeof authorised>[0], place: Place): Query[] => [
  isDrafted(signed.operationHash, row),
  ...authorised(signed, place),
  { sql: "DELETE FROM channel_draft WHERE operation_hash = ?1", params: [signed.operationHash] },
  isNextOf(row),
  channelNameIsFree(row),
];

/** Columns of what was signed for. The text of the settings is kept as it was signed: canonical JSON stays as it is. */
const written = ({ name, settings, events, credential, number }: ChannelRow, { leafIndex }: Place) => ({
  name,
  settings: JSON.parse(settings) as ChannelSettings,
  events,
  credential,
  number,
  leafIndex,
});

/** The statements of an effect, for the batch of its leaf. */
export function channelQueries(effect: ChannelEffect, place: Place): Query[] {
  const { database } = place;
  if (effect.kind === "channel-removed") return removal(effect, place);
  const { channel: row, at } = effect;
  const signed = signedFor(row, effect.authorised, place);
  if (effect.kind === "channel-added") {
    const { id, kind } = row;
    const fresh = { id, kind, ...written(row, place), state: "unverified" as const, stateAt: at, createdAt: at };
    return [...signed, database.insert(channel).values(fresh).toSQL()];
  }
  const unproved = { state: "unverified" as const, stateAt: at, failingSince: null, lastAnswer: null };
  const set = { ...written(row, place), ...(effect.isProved ? {} : unproved) };
  return [...signed, database.update(channel).set(set).where(eq(channel.id, row.id)).toSQL()];
}

/** With its credential, with everybody's addresses on it, and with what waits to be sent or signed. */
function removal({ channelId, at }: Extract<ChannelEffect, { kind: "channel-removed" }>, { database }: Place): Query[] {
  const gone = { state: "removed" as const, stateAt: at, credential: null };
  return [
    database
      .update(channel)
      .set(gone)
      .where(and(eq(channel.id, channelId), ne(channel.state, "removed")))
      .toSQL(),
    database.delete(contact).where(eq(contact.channelId, channelId)).toSQL(),
    database
      .update(message)
      .set({ state: "dropped", answer: "channel_removed" })
      .where(and(eq(message.channelId, channelId), sql`${message.state} = 'waiting'`))
      .toSQL(),
    {
      sql: "DELETE FROM proposal WHERE operation_hash IN (SELECT operation_hash FROM channel_draft WHERE channel_id = ?1)",
      params: [channelId],
    },
    { sql: "DELETE FROM channel_draft WHERE channel_id = ?1", params: [channelId] },
  ];
}
