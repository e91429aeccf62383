/** Channels and messages as `/api/v1` answers and the page shows them (api/channel-data.ts). */
import type { ChannelItem, MessageItem, WaitingChannel } from "#api/channel-data.ts";
import type { MessageRecord } from "#rules/notices/message.ts";
import { channelOfStatement } from "#gate/channels/admin/sign-channel.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { allChannelDrafts } from "#storage/channels/channel-drafts.ts";
import { listChannels, type StoredChannel, waitingByChannel } from "#storage/channels/channels.ts";
import type { MessagePlace } from "#storage/channels/message-lists.ts";

const channelItem = (stored: StoredChannel, waiting: number): ChannelItem => ({
  id: stored.id,
  name: stored.name,
  kind: stored.kind,
  settings: stored.settings,
  state: stored.state,
  state_at: stored.stateAt,
  failing_since: stored.failingSince,
  last_answer: stored.lastAnswer,
  last_sent_at: stored.lastSentAt,
  created_at: stored.createdAt,
  waiting,
  number: stored.number,
  leaf_index: stored.leafIndex,
});

/** Every channel that stands, the oldest first, and what lacks a signature. `adminsRequired` is the deployment's. */
export async function channelsAsTheyAre(
  d1: D1Database,
  adminsRequired: number,
  nowMs: number,
): Promise<{ items: ChannelItem[]; waiting: WaitingChannel[] }> {
  const [stored, counts, kept, drafts] = await Promise.all([
    listChannels(d1),
    waitingByChannel(d1),
    readKeptSignatures(d1, adminsRequired, nowMs),
    allChannelDrafts(d1),
  ]);
  const draftUnder = new Map(drafts.map((draft) => [draft.operationHash, draft]));
  const waiting = kept.operations().flatMap(({ first, progress }): WaitingChannel[] => {
    const signed = channelOfStatement(first.authorisation.statement);
    const draft = draftUnder.get(progress.operation);
    if (signed === null || draft === undefined) return [];
    const { id, name } = signed.channel;
    return [{ ...progress, change: signed.kind, id, name, settings: draft.settings, expires_at: first.expiresAt }];
  });
  return { items: stored.map((one) => channelItem(one, counts.get(one.id) ?? 0)), waiting };
}

export const messageAnswer = (record: MessageRecord): MessageItem => ({
  id: record.id,
  channel: { id: record.channelId, name: record.channel.name },
  person: record.person,
  place: record.target,
  request_id: record.requestId,
  agent_id: record.agentId,
  type: record.content.type,
  state: record.state,
  attempts: record.attempts,
  next_at: record.nextAt,
  answer: record.answer,
  created_at: record.createdAt,
  sent_at: record.sentAt,
});

/** `next_cursor` says where the next call goes on. */
export const messagePlaceText = ({ createdAt, id }: MessagePlace): string => `${createdAt}_${id}`;

/** Null for a text that is no place. */
export function messagePlaceIn(cursor: string): MessagePlace | null {
  const [, createdAt, id] = /^([0-9TZ:.-]{24})_(msg_[A-Za-z0-9_-]{1,100})$/.exec(cursor) ?? [];
  return createdAt === undefined || id === undefined ? null : { createdAt, id };
}
