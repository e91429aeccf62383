/** What channels shall be, before and while admins sign for it, in D1 (d1-migrations/0013). */
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { Result } from "#countersign/result.ts";
import type { ChannelDraft } from "#gate/channels/admin/draft-channel.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { KeptSignature, NotKept } from "#gate/signatures/collect-signatures.ts";
import { prepare, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { keepSignatures } from "../proposals.ts";
import { channelDraft } from "./channel-tables.ts";

/** Longer than whoever has made it may take to sign. */
const UNSIGNED_MS = 60 * 60 * 1000;
/** Of one admin: who makes more of them loses the oldest. */
const MOST_UNSIGNED = 20;

const UNSIGNED = "NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.operation_hash = channel_draft.operation_hash)";
/** `?1`: made before that. `?2`: the admin. */
const FORGET = `
  DELETE FROM channel_draft WHERE ${UNSIGNED} AND (made_at < ?1 OR operation_hash IN (
    SELECT operation_hash FROM channel_draft WHERE made_by = ?2 AND ${UNSIGNED} ORDER BY made_at DESC LIMIT -1 OFFSET ${MOST_UNSIGNED}))`;

function insertion(d1: D1Database, draft: ChannelDraft): Query {
  // As their hash is made: members in their one order.
  const settings = JSON.parse(canonicalize(draft.settings as JsonObject)) as ChannelDraft["settings"];
  const { operationHash, ...set } = { ...draft, settings };
  return drizzle(d1)
    .insert(channelDraft)
    .values({ operationHash, ...set })
    .onConflictDoUpdate({ target: channelDraft.operationHash, set })
    .toSQL();
}

/** `ChannelDraftPorts.storeDraft`. */
export async function storeChannelDraft(d1: D1Database, draft: ChannelDraft, nowMs: number): Promise<void> {
  const forget = { sql: FORGET, params: [timestamp(nowMs - UNSIGNED_MS), draft.madeBy] };
  await d1.batch([insertion(d1, draft), forget].map((query) => prepare(d1, query)));
}

/** The draft under that hash, from the primary; null if there is none. */
export const channelDraftOf = async (d1: D1Database, operationHash: string): Promise<ChannelDraft | null> =>
  (await primary(d1).select().from(channelDraft).where(eq(channelDraft.operationHash, operationHash)).get()) ?? null;

/** All that there are, the oldest first. Whether somebody has signed for one, its proposal says. */
export const allChannelDrafts = (d1: D1Database): Promise<ChannelDraft[]> =>
  primary(d1).select().from(channelDraft).orderBy(asc(channelDraft.madeAt)).all();

/** `SignChannelPorts.keepWithChannelDraft`: in one batch. */
export const keepWithChannelDraft = (
  d1: D1Database,
  kept: readonly KeptSignature[],
  spends: readonly SpentNonce[],
  draft: ChannelDraft,
  now: string,
): Promise<Result<null, NotKept>> => keepSignatures(d1, kept, spends, now, [insertion(d1, draft)]);
