/** What somebody looks for in the record again and again (d1-migrations/0030). */
import type { Reads } from "../near/near-reads.ts";

/** Of one person. */
const MOST_FILTERS = 50;

export interface SavedFilter {
  name: string;
  /** JSON. */
  filter: string;
  savedAt: string;
}

/** By name. */
export const savedFilters = (reads: Reads, personId: string): Promise<SavedFilter[]> =>
  reads(async (session) => {
    const query = session.prepare(
      `SELECT name, filter, saved_at AS savedAt FROM audit_filter WHERE person_id = ?1 ORDER BY name LIMIT ${MOST_FILTERS}`,
    );
    return (await query.bind(personId).all<SavedFilter>()).results;
  });

/** Under that name, in the place of what was there. False where the person has as many as there may be. */
export async function saveFilter(d1: D1Database, personId: string, { name, filter, savedAt }: SavedFilter): Promise<boolean> {
  const { meta } = await d1
    .withSession("first-primary")
    .prepare(
      `INSERT INTO audit_filter (person_id, name, filter, saved_at)
       SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM audit_filter WHERE person_id = ?1 AND name = ?2)
         OR (SELECT count(*) FROM audit_filter WHERE person_id = ?1) < ${MOST_FILTERS}
       ON CONFLICT (person_id, name) DO UPDATE SET filter = excluded.filter, saved_at = excluded.saved_at`,
    )
    .bind(personId, name, filter, savedAt)
    .run();
  return meta.changes > 0;
}

/** Doing it again is as good. */
export async function dropFilter(d1: D1Database, personId: string, name: string): Promise<void> {
  const query = d1.withSession("first-primary").prepare("DELETE FROM audit_filter WHERE person_id = ?1 AND name = ?2");
  await query.bind(personId, name).run();
}
