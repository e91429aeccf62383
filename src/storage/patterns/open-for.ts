/** What one agent has open that one person may decide, for whoever denies what is alike. */
import { openOfAgent } from "../inbox/open-of-agent.ts";

const OPEN_FOR = `
  SELECT open.id FROM ${openOfAgent("?1")} AND open.expires_at > ?3
    AND EXISTS (SELECT 1 FROM json_each(open.eligible) WHERE value = ?2)
  ORDER BY open.expires_at, open.id LIMIT ?4`;

/** `AlikePorts.openFor`. */
export async function openFor(d1: D1Database, agentId: string, personId: string, now: string, most: number): Promise<string[]> {
  const query = d1.withSession("first-primary").prepare(OPEN_FOR).bind(agentId, personId, now, most);
  return [...new Set((await query.all<{ id: string }>()).results.map(({ id }) => id))];
}
