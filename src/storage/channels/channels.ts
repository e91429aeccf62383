/** Channels in D1 as they are listed, tested and used by hand (d1-migrations/0013). What is sent is messages.ts. */
import { and, asc, desc, eq, inArray, isNotNull, ne } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { ChannelState } from "#rules/notices/channel-settings.ts";
import type { StandingChannel } from "#gate/channels/admin/standing-channel.ts";
import { primary } from "../primary.ts";
import { channel, contact } from "./channel-tables.ts";

export type StoredChannel = typeof channel.$inferSelect;

const standing = {
  id: channel.id,
  name: channel.name,
  settings: channel.settings,
  credential: channel.credential,
  number: channel.number,
  state: channel.state,
};

/** Those that are not removed, the oldest first. */
export const standingChannels = (d1: D1Database): Promise<StandingChannel[]> =>
  primary(d1).select(standing).from(channel).where(ne(channel.state, "removed")).orderBy(asc(channel.createdAt), asc(channel.id)).all();

/** The same, with everything that is known of them. */
export const listChannels = (d1: D1Database): Promise<StoredChannel[]> =>
  primary(d1).select().from(channel).where(ne(channel.state, "removed")).orderBy(asc(channel.createdAt), asc(channel.id)).all();

/** The channel of that id, removed or not; null if there never was one. */
export const channelById = async (d1: D1Database, id: string): Promise<StandingChannel | null> =>
  (await primary(d1).select(standing).from(channel).where(eq(channel.id, id)).get()) ?? null;

/** A confirmed address of that person on that channel, the newest first. */
export async function contactOf(d1: D1Database, channelId: string, personId: string): Promise<string | null> {
  const found = primary(d1)
    .select({ id: contact.id })
    .from(contact)
    .where(and(eq(contact.channelId, channelId), eq(contact.personId, personId), isNotNull(contact.confirmedAt)))
    .orderBy(desc(contact.createdAt));
  return (await found.get())?.id ?? null;
}

/** `TestPorts.activate`. */
export async function activateChannel(
  d1: D1Database,
  id: string,
  number: number,
  from: readonly ChannelState[],
  at: string,
): Promise<void> {
  await drizzle(d1)
    .update(channel)
    .set({ state: "active", stateAt: at, failingSince: null })
    .where(and(eq(channel.id, id), eq(channel.number, number), inArray(channel.state, [...from])));
}

/** How many messages wait for each channel, by its id; of very many no more than `WAITING_COUNTED` in all are counted. */
export async function waitingByChannel(d1: D1Database): Promise<Map<string, number>> {
  const { results } = await d1
    .withSession("first-primary")
    .prepare(
      "SELECT channel_id AS id, count(*) AS waiting FROM (SELECT channel_id FROM message WHERE state = 'waiting' LIMIT ?1) GROUP BY channel_id",
    )
    .bind(WAITING_COUNTED)
    .all<{ id: string; waiting: number }>();
  return new Map(results.map(({ id, waiting }) => [id, waiting]));
}
const WAITING_COUNTED = 10_000;
