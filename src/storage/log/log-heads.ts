/** How the log grew, from the heads in D1 (d1-migrations/0001). */
import type { HeadReader } from "#gate/log/reading/explore-log.ts";

/** The heads of the log of that origin line. Each is found by its key: what is asked for costs the same however many there are. */
export const headReader = (d1: D1Database, origin: string): HeadReader => ({
  async headsFrom(sizes) {
    const { results } = await d1
      .withSession("first-primary")
      .prepare(
        `SELECT head.size, head.at FROM log CROSS JOIN json_each(?2) AS wanted CROSS JOIN log_head AS head
         WHERE log.origin = ?1 AND head.log_id = log.id AND head.size =
           (SELECT size FROM log_head WHERE log_id = log.id AND size >= wanted.value ORDER BY size LIMIT 1)
         ORDER BY head.size`,
      )
      .bind(origin, JSON.stringify(sizes))
      .all<{ size: number; at: string }>();
    return results;
  },
});
