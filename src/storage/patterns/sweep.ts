/** What somebody wrote for an agent to read goes once nothing is refused by it any more. */
import { timestamp } from "#countersign/documents/words.ts";

/** At a time; the next round takes the others. */
const MOST = 1_000;

export const sweepComments = (d1: D1Database, nowMs: number): Promise<unknown> =>
  d1
    .prepare(
      `UPDATE denied_pattern SET comment = NULL WHERE id IN (
        SELECT id FROM denied_pattern INDEXED BY denied_pattern_with_words WHERE comment IS NOT NULL AND until <= ?1 ORDER BY until LIMIT ${MOST})`,
    )
    .bind(timestamp(nowMs))
    .run();
