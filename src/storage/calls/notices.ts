/** What was unusual about calls, beside their records in `AUDIT` (d1-migrations/audit/0002). Plain SQL, as the record is. */
import type { RecordedCall } from "#gate/calls/activity/audit-record.ts";

/** In the batch that writes these calls; no statement where nothing was unusual. */
export function insertNotices(d1: D1Database, calls: readonly RecordedCall[]): D1PreparedStatement[] {
  const rows = calls.flatMap(({ record, kept: { notice, atMs, facts } }) => {
    if (notice === undefined) return [];
    const { agent, number, server, tool } = record;
    const { score, reasons, isHeld } = notice;
    return [{ agent: agent.id, number, at: atMs, server: server.name, tool, rule: facts.rule, score, reasons, held: isHeld ? 1 : 0 }];
  });
  if (rows.length === 0) return [];
  const members = ["agent", "number", "at", "server", "tool", "rule", "score", "reasons", "held"];
  const values = members.map((name) => `value ->> '$.${name}'`);
  const sql = `INSERT INTO notice (${members.join(", ")}) SELECT ${values.join(", ")} FROM json_each(?1)`;
  return [d1.prepare(sql).bind(JSON.stringify(rows))];
}

/** Before the calls themselves. `ids`: a query of theirs, whose values are bound. */
export const deleteNotices = (d1: D1Database, ids: string): D1PreparedStatement =>
  d1.prepare(`DELETE FROM notice WHERE (agent, number) IN (SELECT agent, number FROM call WHERE id IN (${ids}))`);
