/** What servers shall be, and what of them shall be accepted, before and while admins sign for it, in D1 (d1-migrations/0015). */
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { timestamp } from "#countersign/documents/words.ts";
import type { Result } from "#countersign/result.ts";
import type { SpentNonce } from "#gate/passkeys/spent-nonce.ts";
import type { ServerDraft } from "#gate/servers/server-drafts.ts";
import type { KeptSignature, NotKept } from "#gate/signatures/collect-signatures.ts";
import { prepare, type Query } from "../batch-condition.ts";
import { primary } from "../primary.ts";
import { keepSignatures } from "../proposals.ts";
import { serverDraft } from "./server-tables.ts";

/** Longer than whoever has made it may take to sign. */
const UNSIGNED_MS = 60 * 60 * 1000;
/** Of one admin: who makes more of them loses the oldest. */
const MOST_UNSIGNED = 20;

const UNSIGNED = "NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.operation_hash = server_draft.operation_hash)";
/** `?1`: made before that. `?2`: the admin. */
const FORGET = `
  DELETE FROM server_draft WHERE ${UNSIGNED} AND (made_at < ?1 OR operation_hash IN (
    SELECT operation_hash FROM server_draft WHERE made_by = ?2 AND ${UNSIGNED} ORDER BY made_at DESC LIMIT -1 OFFSET ${MOST_UNSIGNED}))`;

function insertion(d1: D1Database, draft: ServerDraft): Query {
  const { operationHash, ...set } = draft;
  return drizzle(d1)
    .insert(serverDraft)
    .values({ operationHash, ...set })
    .onConflictDoUpdate({ target: serverDraft.operationHash, set })
    .toSQL();
}

/** `ServerDraftPorts.storeDraft`. */
export async function storeServerDraft(d1: D1Database, draft: ServerDraft, nowMs: number): Promise<void> {
  const forget = { sql: FORGET, params: [timestamp(nowMs - UNSIGNED_MS), draft.madeBy] };
  await d1.batch([insertion(d1, draft), forget].map((query) => prepare(d1, query)));
}

/** The draft under that hash, from the primary; null if there is none. */
export const serverDraftOf = async (d1: D1Database, operationHash: string): Promise<ServerDraft | null> =>
  (await primary(d1).select().from(serverDraft).where(eq(serverDraft.operationHash, operationHash)).get()) ?? null;

/** All that there are, the oldest first. Whether somebody has signed for one, its proposal says. */
export const allServerDrafts = (d1: D1Database): Promise<ServerDraft[]> =>
  primary(d1).select().from(serverDraft).orderBy(asc(serverDraft.madeAt)).all();

/** `SignServerPorts.keepWithServerDraft`: in one batch. */
export const keepWithServerDraft = (
  d1: D1Database,
  kept: readonly KeptSignature[],
  spends: readonly SpentNonce[],
  draft: ServerDraft,
  now: string,
): Promise<Result<null, NotKept>> => keepSignatures(d1, kept, spends, now, [insertion(d1, draft)]);
