/** How the log grew, from the heads in D1 (d1-migrations/0001). */
import type { HeadReader } from "#gate/log/reading/explore-log.ts";
import type { Reads } from "../near/near-reads.ts";

/** The heads of the log of that origin line. Each is found by its key: what is asked for costs the same however many there are. */
export const headReader = (reads: Reads, origin: string): HeadReader => ({
  headsFrom: (sizes) =>
    reads(
      async (session) => {
        const { results } = await session
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
      (found) => found.length === sizes.length,
    ),
});
