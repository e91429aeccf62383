/** Messages are kept for a month after they went out, or were given up. */
import { timestamp } from "#countersign/documents/words.ts";

const KEPT_MS = 30 * 24 * 3_600_000;
/** At a time, of a database that others write to; */
const MOST = 500;
/** and so often, each quarter of an hour: a million a day. */
const ROUNDS = 20;

/** Deletes so many of those that are older; what waits stays, but for a channel that is off, which may never be on again. */
export async function sweepMessages(d1: D1Database, nowMs: number): Promise<void> {
  const old = timestamp(nowMs - KEPT_MS);
  const swept = `SELECT id FROM message INDEXED BY message_by_time WHERE created_at < ?1 AND state <> 'waiting' ORDER BY created_at LIMIT ${MOST}`;
  const unsent = `SELECT id FROM message INDEXED BY message_due WHERE state = 'waiting' AND next_at < ?1
    AND channel_id IN (SELECT id FROM channel WHERE state <> 'active') LIMIT ${MOST}`;
  for (let round = 0; round < ROUNDS; round++) {
    const results = await d1.batch([swept, unsent].map((which) => d1.prepare(`DELETE FROM message WHERE id IN (${which})`).bind(old)));
    if (results.every(({ meta }) => meta.changes < MOST)) return;
  }
}
