/** Which of some requests wait for one person still, as the lists of people have it: a moment behind the requests' objects, which decide. */
import type { Reads } from "../near/near-reads.ts";

const STILL_WAITING = `
  SELECT open.id, open.expires_at FROM json_each(?1) AS asked CROSS JOIN approval AS open
  WHERE open.id = asked.value AND open.ended_at IS NULL AND open.expires_at > ?3
    AND EXISTS (SELECT 1 FROM json_each(open.eligible) WHERE value = ?2)
    AND NOT EXISTS (SELECT 1 FROM signed_by WHERE signed_by.id = open.id AND signed_by.person_id = ?2)`;

/** In no order. A deadline is one that the log has: of more time that was given a moment ago the request's object knows first. */
export const stillWaiting = (
  reads: Reads,
  ids: readonly string[],
  personId: string,
  now: string,
): Promise<{ id: string; expires_at: string }[]> =>
  reads(async (session) => {
    const bound = session.prepare(STILL_WAITING).bind(JSON.stringify(ids), personId, now);
    return (await bound.all<{ id: string; expires_at: string }>()).results;
  });
