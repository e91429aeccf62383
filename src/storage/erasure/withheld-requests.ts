/** Requests of which nothing is left but their leaves, since the record of their end is withheld. */

/** Whose it was, and who could decide it; null unless the record of its end is withheld. */
export async function withheldRequest(d1: D1Database, id: string): Promise<{ agentId: string; eligible: string[] } | null> {
  const query = `
    SELECT approval.agent_id AS agentId, approval.eligible FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = ?1 || ':final'
    CROSS JOIN withheld_leaf ON withheld_leaf.log_id = log.id AND withheld_leaf.idx = log_leaf.idx AND withheld_leaf.withheld_at IS NOT NULL
    CROSS JOIN approval ON approval.id = ?1`;
  const row = await d1.prepare(query).bind(id).first<{ agentId: string; eligible: string }>();
  return row && { agentId: row.agentId, eligible: JSON.parse(row.eligible) as string[] };
}
