/** Messages are kept for a month after they went out, or were given up. */
import { timestamp } from "#countersign/documents/words.ts";

const KEPT_MS = 30 * 24 * 3_600_000;
/** At a time, of a database that others write to. */
const MOST = 500;

/** Deletes at most so many of those that are older; what waits stays. */
export async function sweepMessages(d1: D1Database, nowMs: number): Promise<void> {
  await d1
    .prepare(
      `DELETE FROM message WHERE id IN (
         SELECT id FROM message INDEXED BY message_old WHERE state <> 'waiting' AND created_at < ?1 ORDER BY created_at LIMIT ${MOST})`,
    )
    .bind(timestamp(nowMs - KEPT_MS))
    .run();
}
