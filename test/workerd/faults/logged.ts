/** What the log says of a request, read over its index of keys: it is asked thousands of times of a log of thousands of leaves. */
import { env } from "cloudflare:workers";

export interface LoggedFact {
  /** Such as `final`. */
  key: string;
  kind: string;
  at: string;
}

/** In the order of the log. */
export async function loggedFacts(id: string): Promise<LoggedFact[]> {
  const { results } = await env.DB.prepare(
    `SELECT substr(idem, length(?1) + 2) AS key, record ->> '$.kind' AS kind, record ->> '$.at' AS at FROM log_leaf
     WHERE log_id IN (SELECT id FROM log) AND idem > ?1 || ':' AND idem < ?1 || ';' ORDER BY idx`,
  )
    .bind(id)
    .all<{ key: string; kind: string; at: string }>();
  return results;
}

/** Their keys alone. */
export const leavesOf = async (id: string): Promise<string[]> => (await loggedFacts(id)).map(({ key }) => key);
