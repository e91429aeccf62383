/** Invitations are kept for a month after they were last valid, used or not. */
import { timestamp } from "#countersign/documents/words.ts";

const KEPT_MS = 30 * 24 * 3_600_000;
const MOST = 500;

/** Deletes so many of those that are older: who came is in the log, who did not is nobody here. */
export async function sweepInvites(d1: D1Database, nowMs: number): Promise<void> {
  const old = "SELECT id FROM invite WHERE expires_at < ?1 LIMIT ?2";
  await d1
    .prepare(`DELETE FROM invite WHERE id IN (${old})`)
    .bind(timestamp(nowMs - KEPT_MS), MOST)
    .run();
}
