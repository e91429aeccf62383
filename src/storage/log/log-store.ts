/**
 * The log in D1: the tables and triggers of d1-migrations/0001. What is appended, and whether it may be, the gate decides;
 * the triggers refuse a second writer. Plain SQL: drizzle knows neither triggers nor compare-and-swap.
 */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { ROTATION_KEYS } from "#countersign/documents/leaf-key.ts";
import type { ListedLog } from "#gate/log/open-log.ts";
import type { Effect } from "#gate/effects.ts";
import type { Append, LogStore } from "#gate/log/sequence-leaves.ts";
import { brokenConstraint } from "../batch-condition.ts";
import { effectStatements } from "../effects.ts";
import { type Watcher, WATCHERS_OF_ENDED } from "../inbox/open-pages.ts";
import { type BlobColumn, type StoredRow, LOG_ID, logReader, toLeaf } from "./log-reader.ts";

/** As a range of the index. */
const IS_ROTATION = `idem >= '${ROTATION_KEYS.from}' AND idem < '${ROTATION_KEYS.before}'`;

/** Nobody is told of what has ended. */
const untold = (): void => undefined;

/** The log of that origin line, for its writer. `tell`: who has a page open that something is on that has just ended. */
export function logStore(d1: D1Database, origin: string, tell: (people: readonly string[]) => void = untold): LogStore<Effect> {
  const primary = () => d1.withSession("first-primary");
  const query = (sql: string, ...values: unknown[]) => d1.prepare(sql).bind(origin, ...values);

  return {
    ...logReader(d1, origin),

    async read() {
      const [logs, heads, leaves, rotations] = await primary().batch([
        d1.prepare("SELECT origin, state FROM log ORDER BY state = 'active' DESC, id DESC"),
        query(`SELECT size, root FROM log_head WHERE log_id = ${LOG_ID} ORDER BY size DESC LIMIT 1`),
        query(`SELECT idx, entry, record, salt FROM log_leaf WHERE log_id = ${LOG_ID} AND idx = 0`),
        query(`SELECT idx, entry, record, salt FROM log_leaf WHERE log_id = ${LOG_ID} AND ${IS_ROTATION} ORDER BY idx`),
      ]);
      const all = (logs?.results ?? []) as ListedLog[];
      const newest = all[0] ?? null;
      const own = all.find((log) => log.origin === origin);
      if (own === undefined) return { log: null, newest };
      const head = heads?.results[0] as { size: number; root: BlobColumn } | undefined;
      const genesis = leaves?.results[0] as StoredRow | undefined;
      const log = {
        state: own.state,
        head: head === undefined ? null : { size: head.size, root: new Uint8Array(head.root) },
        genesis: genesis === undefined ? null : toLeaf(genesis),
        rotations: ((rotations?.results ?? []) as StoredRow[]).map(toLeaf),
      };
      return { log, newest };
    },

    async findLeaf(idem) {
      const row = await primary()
        .prepare(`SELECT idx, entry, record, salt FROM log_leaf WHERE log_id = ${LOG_ID} AND idem = ?2`)
        .bind(origin, idem)
        .first<StoredRow>();
      return row === null ? null : toLeaf(row);
    },

    async commit(append) {
      try {
        const watching = watchersOfEnded(d1, append);
        const results = await d1.batch<Watcher>([...appendStatements(d1, origin, append), ...watching]);
        const watchers = watching.length === 0 ? [] : (results.at(-1)?.results ?? []);
        if (watchers.length > 0) tell(watchers.map(({ personId }) => personId));
        return { status: "committed" };
      } catch (error) {
        const constraint = brokenConstraint(error);
        if (constraint === null) throw error;
        // The names that d1-migrations/0001 gives to everything of the log.
        return /\blog[_.]/.test(constraint) ? { status: "lost-race" } : { status: "refused", constraint };
      }
    },

    async freeze() {
      await query("UPDATE log SET state = 'frozen' WHERE origin = ?1 AND state = 'active'").run();
    },
  };
}

/** Who is to be told of what ends, or gets more time, with these leaves: found when they are written, so that whoever comes later reads them. None if nothing does. */
function watchersOfEnded(d1: D1Database, { leaves, at }: Append<Effect>): D1PreparedStatement[] {
  const ended = leaves.flatMap(({ effect }) =>
    effect?.kind === "approval-ended" || effect?.kind === "request-extended"
      ? [[effect.agentId, effect.requestedAt, effect.requestId]]
      : [],
  );
  return ended.length === 0 ? [] : [d1.prepare(WATCHERS_OF_ENDED).bind(JSON.stringify(ended), at)];
}

/** The log's own statements first: a writer that lost a race learns that, and not that its effect is there already. */
function appendStatements(
  d1: D1Database,
  origin: string,
  { previousSize, leaves, tiles, head, at }: Append<Effect>,
): D1PreparedStatement[] {
  const query = (sql: string, ...values: unknown[]) => d1.prepare(sql).bind(origin, ...values);
  return [
    ...(previousSize === 0 ? [query("INSERT INTO log (origin, state, created_at) VALUES (?1, 'active', ?2)", at)] : []),
    ...leaves.map(({ index, idem, entry, sealed }) =>
      query(
        `INSERT INTO log_leaf (log_id, idx, idem, entry, record, salt) VALUES (${LOG_ID}, ?2, ?3, ?4, ?5, ?6)`,
        index,
        idem,
        entry,
        canonicalize(sealed.record),
        sealed.salt,
      ),
    ),
    ...tiles.map(({ level, n, hashes, oldWidth }) =>
      query(
        oldWidth === 0
          ? `INSERT INTO log_tile (log_id, level, n, hashes) VALUES (${LOG_ID}, ?2, ?3, ?4)`
          : `UPDATE log_tile SET hashes = ?4 WHERE log_id = ${LOG_ID} AND level = ?2 AND n = ?3`,
        level,
        n,
        hashes,
      ),
    ),
    query(
      `INSERT INTO log_head (log_id, size, previous_size, root, at) VALUES (${LOG_ID}, ?2, ?3, ?4, ?5)`,
      head.size,
      previousSize,
      head.root,
      at,
    ),
    ...leaves.flatMap(({ effect, index }) => (effect === null ? [] : effectStatements(d1, effect, index, at))),
  ];
}
