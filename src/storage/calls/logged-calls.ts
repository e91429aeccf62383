/** What the log, whichever of this database, holds of an agent's calls. Plain SQL: it goes from leaf to leaf. */
import type { LoggedCalls } from "#gate/calls/activity/audit-record.ts";

/** From the leaf that follows to the one after it, each found by its key, which is made of a whole number: D1 binds none. */
const REACHED = `
  WITH RECURSIVE logged (reached) AS (
    SELECT CAST(?2 AS INTEGER)
    UNION
    SELECT log_leaf.record ->> '$.to' FROM logged CROSS JOIN log CROSS JOIN log_leaf
      ON log_leaf.log_id = log.id AND log_leaf.idem = 'calls:' || ?1 || ':' || (logged.reached + 1))
  SELECT max(reached) AS reached FROM logged`;

/** Where a leaf of that key stands: in the log of that origin line, at that index; null if in none. */
export async function placeOfLeaf(d1: D1Database, key: string): Promise<{ origin: string; index: number } | null> {
  const query = d1.withSession("first-primary").prepare(
    `SELECT log.origin, log_leaf.idx AS "index" FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = ?1
       ORDER BY log.id DESC LIMIT 1`,
  );
  return await query.bind(key).first<{ origin: string; index: number }>();
}

export const loggedCalls = (d1: D1Database): LoggedCalls => ({
  async reached(agentId, after) {
    const query = d1.withSession("first-primary").prepare(REACHED).bind(agentId, after);
    return (await query.first<number>("reached")) ?? after;
  },
});
