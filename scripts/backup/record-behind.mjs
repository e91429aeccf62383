/** What the log says of calls, and the record of calls does not have: it was put back to an earlier moment, or is lost. */

/** A sentence for each agent of which something is missing. Of a deployment without a record, or with one that has no tables, that is all. */
export async function missingCalls({ DB, AUDIT }) {
  const logged = await DB.rows(
    `SELECT record ->> '$.agent.id' AS agent, max(record ->> '$.to') AS last FROM log_leaf
     WHERE idem >= 'calls:' AND idem < 'calls;' AND record IS NOT NULL GROUP BY 1 ORDER BY 1`,
  );
  const isThere = AUDIT !== null && (await AUDIT.rows("SELECT 1 FROM sqlite_master WHERE name = 'batch'")).length > 0;
  const kept = isThere ? await AUDIT.rows("SELECT agent, max(last) AS last FROM batch GROUP BY agent") : [];
  const lastOf = new Map(kept.map(({ agent, last }) => [agent, Number(last)]));
  return logged.flatMap(({ agent, last }) => {
    const reached = lastOf.get(agent) ?? 0;
    return Number(last) <= reached ? [] : [`calls ${reached + 1} to ${last} of ${agent} are in the log, and not in the record`];
  });
}
