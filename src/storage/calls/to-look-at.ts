/** What passed with a notice and nobody has looked at yet, in `AUDIT` (d1-migrations/audit/0002). Plain SQL, as the record is. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { list, text } from "#countersign/json/shape.ts";

export interface Notice {
  /** The agent's id, and the call's number among the agent's. */
  agent: string;
  number: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** Names. */
  server: string;
  tool: string;
  rule: string;
  score: number;
  reasons: string[];
}

/** The last one of a page, after which the next begins. */
export type NoticePlace = Pick<Notice, "at" | "agent" | "number">;

const OPEN = "FROM notice INDEXED BY notice_to_look_at WHERE looked_at IS NULL AND held = 0";

const sentences = list(text(1));

/** At most `most`, the newest first. */
export async function noticesToLookAt(audit: D1Database, after: NoticePlace | null, most: number): Promise<Notice[]> {
  const { at = Number.MAX_SAFE_INTEGER, agent = "", number = 0 } = after ?? {};
  const { results } = await audit
    .withSession("first-primary")
    .prepare(
      `SELECT agent, number, at, server, tool, rule, score, reasons ${OPEN} AND at <= ?1 AND (at < ?1 OR (agent, number) > (?2, ?3))
       ORDER BY at DESC, agent, number LIMIT ?4`,
    )
    .bind(at, agent, number, most)
    .all<Omit<Notice, "reasons"> & { reasons: string }>();
  return results.map((row) => ({ ...row, reasons: sentences(JSON.parse(row.reasons) as JsonValue, "reasons") }));
}

/** How many there are, counted up to `most`. */
export async function countToLookAt(audit: D1Database, most: number): Promise<number> {
  const query = audit.withSession("first-unconstrained").prepare(`SELECT count(*) AS n FROM (SELECT 1 ${OPEN} LIMIT ?1)`).bind(most);
  return (await query.first<number>("n")) ?? 0;
}

/** Who has looked at it, and when, which the first to say so decides. Null if nothing that passed with a notice has this number. */
export async function markLookedAt(
  audit: D1Database,
  { agent, number }: Pick<Notice, "agent" | "number">,
  by: { personId: string; atMs: number },
): Promise<{ atMs: number; personId: string } | null> {
  const session = audit.withSession("first-primary");
  const [, found] = await session.batch<{ atMs: number; personId: string }>([
    session
      .prepare("UPDATE notice SET looked_at = ?3, looked_by = ?4 WHERE agent = ?1 AND number = ?2 AND looked_at IS NULL AND held = 0")
      .bind(agent, number, by.atMs, by.personId),
    session
      .prepare("SELECT looked_at AS atMs, looked_by AS personId FROM notice WHERE agent = ?1 AND number = ?2 AND held = 0")
      .bind(agent, number),
  ]);
  return found?.results[0] ?? null;
}
