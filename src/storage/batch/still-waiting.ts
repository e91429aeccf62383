/** Which of some requests wait for one person still, as the lists of people have it: a moment behind the requests' objects, which decide. */
import type { Reads } from "../near/near-reads.ts";

const STILL_WAITING = `
  SELECT open.id FROM json_each(?1) AS asked CROSS JOIN approval AS open
  WHERE open.id = asked.value AND open.ended_at IS NULL AND open.expires_at > ?3
    AND EXISTS (SELECT 1 FROM json_each(open.eligible) WHERE value = ?2)
    AND NOT EXISTS (SELECT 1 FROM signed_so_far AS signed, json_each(signed.people) AS one WHERE signed.id = open.id AND one.value = ?2)`;

/** Their ids, in no order. */
export const stillWaiting = (reads: Reads, ids: readonly string[], personId: string, now: string): Promise<string[]> =>
  reads(async (session) => {
    const { results } = await session.prepare(STILL_WAITING).bind(JSON.stringify(ids), personId, now).all<{ id: string }>();
    return results.map(({ id }) => id);
  });
