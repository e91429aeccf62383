/** The log's leaves as the record has them: read from `DB`, written to `AUDIT` (d1-migrations/audit/0003). Plain SQL: FTS5, and JSON by members. */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { IndexedEntries, LogSize, TakeInPorts, TakenIn } from "#gate/audit/take-in.ts";
import { leafPlace } from "#rules/audit/entry-place.ts";
import { ASKED_KIND, WITHHELD_KIND } from "#rules/audit/entry-of-leaf.ts";
import { entryTerms, entryText } from "./entry-terms.ts";

/** So many places are tried for entries of one moment. */
const TURNS = 16;
/** Withheld leaves of which it is looked in one round whether they are withheld here as well. */
const CHECKED = 1_000;
/** Parts of a record that nothing here needs, and that may be long. */
const SHORTENED = `json_remove(%, '$.request.quorum', '$.request.context.chain', '$.request.context.claims', '$.credential', '$.chain')`;
const short = (column: string): string => SHORTENED.replace("%", column);

/** A request's end, for a leaf that names the request by its hash. */
const LEAVES = `
  SELECT leaf.idx AS "index", leaf.idem AS "key", ${short("leaf.record")} AS record, ${short("ended.record")} AS ended
  FROM log CROSS JOIN log_leaf AS leaf ON leaf.log_id = log.id
  LEFT JOIN log_leaf AS ended ON substr(leaf.idem, 1, 4) = 'apr_' AND leaf.record ->> '$.request.id' IS NULL
    AND ended.log_id = log.id AND ended.idem = substr(leaf.idem, 1, 36) || ':final'
  WHERE log.origin = ?1 AND leaf.idx >= ?2 ORDER BY leaf.idx LIMIT ?3`;

interface LeafRow {
  index: number;
  key: string;
  record: string | null;
  ended: string | null;
}

const primary = (d1: D1Database) => d1.withSession("first-primary");
const jsonIn = (text: string | null): JsonObject | null => (text === null ? null : (JSON.parse(text) as JsonObject));

export const takeInPorts = (d1: D1Database, audit: D1Database): TakeInPorts => ({
  async logs() {
    const { results } = await primary(d1)
      .prepare("SELECT origin, coalesce((SELECT max(size) FROM log_head WHERE log_id = log.id), 0) AS size FROM log ORDER BY id")
      .all<LogSize>();
    return results;
  },

  async takenIn() {
    return (await primary(audit).prepare("SELECT origin, reached, at AS atMs FROM copied_log").all<TakenIn>()).results;
  },

  async leaves(origin, from, most) {
    const { results } = await primary(d1).prepare(LEAVES).bind(origin, from, most).all<LeafRow>();
    return results.map(({ record, ended, ...leaf }) => ({ ...leaf, record: jsonIn(record), ended: jsonIn(ended) }));
  },

  async write(taken, leaves) {
    for (let turn = 0; turn < TURNS; turn++) {
      try {
        await audit.batch(writing(audit, taken, leaves, turn));
        return;
      } catch (error) {
        // Another entry of the same moment has a place, and the next turn has others.
        if (!/UNIQUE constraint failed: entry\.id/.test(String(error))) throw error;
      }
    }
    throw new Error(`there is no place for leaves of ${taken.origin} before ${taken.reached} in the record`);
  },
});

const COLUMNS = [
  "id",
  "leaf",
  "kind",
  "status",
  "agent",
  "agent_name",
  "people",
  "rule",
  "server",
  "server_name",
  "tool",
  "request",
  "text",
];
/** Of what is not there yet; nothing of a leaf that is withheld by now, which was read before that. */
const INSERT = `
  INSERT INTO entry (log, ${COLUMNS.join(", ")})
  SELECT copied_log.id, ${COLUMNS.map((name) => `value ->> '$.${name}'`).join(", ")} FROM json_each(?1) CROSS JOIN copied_log
  WHERE copied_log.origin = ?2 AND NOT EXISTS (
    SELECT 1 FROM entry WHERE log = copied_log.id AND leaf = value ->> '$.leaf' AND (kind IN (value ->> '$.kind', '${WITHHELD_KIND}') OR value ->> '$.kind' = '${WITHHELD_KIND}'))`;

function writing(
  audit: D1Database,
  { origin, reached, atMs }: TakenIn,
  leaves: readonly IndexedEntries[],
  turn: number,
): D1PreparedStatement[] {
  const rows = leaves.flatMap(({ index, entries }) =>
    entries.map((entry) => {
      const { kind, status, agent, people, rule, server, tool, request, text } = entry;
      return {
        row: {
          id: leafPlace(entry.atMs, index, kind === ASKED_KIND, turn),
          leaf: index,
          kind,
          status,
          agent: agent?.id ?? null,
          agent_name: agent?.name ?? null,
          people: JSON.stringify(people),
          rule,
          server: server?.id ?? null,
          server_name: server?.name ?? null,
          tool,
          request,
          text,
        },
        words: { leaf: index, kind, terms: entryTerms(entry), text: entryText(entry) },
      };
    }),
  );
  const many = (sql: string, values: object[]) => audit.prepare(sql).bind(JSON.stringify(values), origin);
  return [
    audit.prepare("INSERT INTO copied_log (origin, reached, at) VALUES (?1, 0, 0) ON CONFLICT (origin) DO NOTHING").bind(origin),
    many(
      INSERT,
      rows.map(({ row }) => row),
    ),
    // Under the id that the entry has, whoever wrote it.
    many(
      `INSERT OR REPLACE INTO entry_words (rowid, terms, text)
       SELECT entry.id, value ->> '$.terms', value ->> '$.text' FROM json_each(?1) CROSS JOIN copied_log CROSS JOIN entry
         ON entry.log = copied_log.id AND entry.leaf = value ->> '$.leaf' AND entry.kind = value ->> '$.kind'
       WHERE copied_log.origin = ?2`,
      rows.map(({ words }) => words),
    ),
    audit.prepare("UPDATE copied_log SET reached = max(reached, ?2), at = max(at, ?3) WHERE origin = ?1").bind(origin, reached, atMs),
  ];
}

/** One round over what was withheld in the log: of records that were taken in before, nothing stays but that they were. */
export async function checkErased(d1: D1Database, audit: D1Database): Promise<void> {
  const { results: logs } = await primary(audit)
    .prepare("SELECT origin, reached, checked FROM copied_log")
    .all<{ origin: string; reached: number; checked: number }>();
  for (const { origin, reached, checked } of logs) {
    const { results } = await primary(d1)
      .prepare(
        `SELECT noted.idx FROM log CROSS JOIN withheld_leaf AS noted ON noted.log_id = log.id
         WHERE log.origin = ?1 AND noted.idx >= ?2 AND noted.idx < ?3 AND noted.withheld_at IS NOT NULL ORDER BY noted.idx LIMIT ${CHECKED}`,
      )
      .bind(origin, checked, reached)
      .all<{ idx: number }>();
    const indices = results.map(({ idx }) => idx);
    // The next round goes on there, or begins again.
    const next = indices.length < CHECKED ? 0 : (indices.at(-1) ?? 0) + 1;
    const statements = withholding(audit, origin, indices);
    if (next !== checked) statements.push(audit.prepare("UPDATE copied_log SET checked = ?2 WHERE origin = ?1").bind(origin, next));
    if (statements.length > 0) await audit.batch(statements);
  }
}

/** Of these leaves of the log of that origin line. Their place in time stays. What is withheld already is not written again. */
function withholding(audit: D1Database, origin: string, indices: readonly number[]): D1PreparedStatement[] {
  if (indices.length === 0) return [];
  const of = `log = (SELECT id FROM copied_log WHERE origin = ?1) AND leaf IN (SELECT value FROM json_each(?2)) AND kind <> '${WITHHELD_KIND}'`;
  // One entry of each stays: not that of its ask, nor what came in beside one that was withheld.
  const isWithheld = `EXISTS (SELECT 1 FROM entry AS other WHERE other.log = entry.log AND other.leaf = entry.leaf AND other.kind = '${WITHHELD_KIND}')`;
  const going = `${of} AND (kind = '${ASKED_KIND}' OR ${isWithheld})`;
  const given = (sql: string) => audit.prepare(sql).bind(origin, JSON.stringify(indices));
  const nothing = ["status", "agent", "agent_name", "rule", "server", "server_name", "tool", "request"].map((name) => `${name} = NULL`);
  return [
    given(`DELETE FROM entry_words WHERE rowid IN (SELECT id FROM entry WHERE ${going})`),
    given(`DELETE FROM entry WHERE ${going}`),
    given(
      `INSERT OR REPLACE INTO entry_words (rowid, terms, text) SELECT id, '${entryTerms({ kind: WITHHELD_KIND })}', '' FROM entry WHERE ${of}`,
    ),
    given(`UPDATE entry SET kind = '${WITHHELD_KIND}', people = '[]', text = '', ${nothing.join(", ")} WHERE ${of}`),
  ];
}

/** At once, of leaves whose records are erased now; by the numbers that `DB` has for its logs. */
export async function withholdEntries(
  d1: D1Database,
  audit: D1Database,
  leaves: readonly { logId: number; index: number }[],
): Promise<void> {
  const { results } = await primary(d1).prepare("SELECT id, origin FROM log").all<{ id: number; origin: string }>();
  const statements = results.flatMap(({ id, origin }) =>
    withholding(
      audit,
      origin,
      leaves.flatMap(({ logId, index }) => (logId === id ? [index] : [])),
    ),
  );
  if (statements.length > 0) await audit.batch(statements);
}
