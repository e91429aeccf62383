/** Which records are withheld because somebody was erased: looked for, noted, taken out. Plain SQL: the log's tables have triggers, not models. */
import { timestamp } from "#countersign/documents/words.ts";
import type { DueRecord } from "#gate/erasure/withhold-round.ts";

/** For so long the end of the log is looked at as it grows: what the person had signed before ends by then. */
const LOOKED_FOR_MS = 100 * 24 * 3_600_000;

interface UnderWay {
  personId: string;
  at: string;
  logId: number;
  idx: number;
}

interface LastLeaf {
  logId: number;
  idx: number;
}

/** Goes on with the erasure that is behind the most, by so many leaves at most; false if none has leaves before it. */
export async function lookFurther(d1: D1Database, mostLeaves: number, nowMs: number): Promise<boolean> {
  const oldest = `SELECT person_id AS personId, at, log_id AS logId, idx FROM erasure WHERE done_at IS NULL ORDER BY log_id, idx LIMIT 1`;
  const from = await d1.prepare(oldest).first<UnderWay>();
  if (from === null) return false;
  const places = "SELECT log_id, idx FROM log_leaf WHERE (log_id, idx) >= (?1, ?2) ORDER BY log_id, idx LIMIT ?3";
  const last = await d1
    .prepare(`SELECT log_id AS logId, idx FROM (${places}) ORDER BY log_id DESC, idx DESC LIMIT 1`)
    .bind(from.logId, from.idx, mostLeaves)
    .first<LastLeaf>();
  if (last === null) return await finishOld(d1, nowMs);
  // Together: what is noted is what was looked at, also if another round does the same now.
  await d1.batch([
    d1
      .prepare(
        `INSERT INTO withheld_leaf (log_id, idx, person_id)
         SELECT log_id, idx, ?1 FROM log_leaf WHERE (log_id, idx) >= (?2, ?3) AND (log_id, idx) <= (?4, ?5)
         AND idx > 0 AND instr(record, '{"id":"' || ?1 || '","username":') > 0`,
      )
      .bind(from.personId, from.logId, from.idx, last.logId, last.idx),
    d1
      .prepare("UPDATE erasure SET log_id = ?2, idx = ?3 WHERE person_id = ?1 AND (log_id, idx) < (?2, ?3)")
      .bind(from.personId, last.logId, last.idx + 1),
  ]);
  return true;
}

/** All have come to the end of the log. Those of long ago are done with that. */
async function finishOld(d1: D1Database, nowMs: number): Promise<boolean> {
  const old = timestamp(nowMs - LOOKED_FOR_MS);
  await d1.prepare("UPDATE erasure SET done_at = ?2 WHERE done_at IS NULL AND at < ?1").bind(old, timestamp(nowMs)).run();
  return false;
}

/** What is noted and may go: an end of a request once that is over for ever, when nothing but the archive has it. */
const DUE = `
  SELECT due.log_id AS logId, due.idx AS "index", leaf.idem AS key, leaf.record ->> '$.at' AS at
  FROM withheld_leaf AS due CROSS JOIN log_leaf AS leaf ON leaf.log_id = due.log_id AND leaf.idx = due.idx
  WHERE due.withheld_at IS NULL
    AND (leaf.idem NOT GLOB 'apr_*:final' OR EXISTS (SELECT 1 FROM request_over WHERE id = substr(leaf.idem, 1, 36)))
  ORDER BY due.log_id, due.idx LIMIT ?1`;

export async function dueRecords(d1: D1Database, most: number): Promise<DueRecord[]> {
  const { results } = await d1.prepare(DUE).bind(most).all<DueRecord>();
  return results;
}

/** Names in the list of a grant's givers, of those alone who are erased. */
const NAMELESS_GIVERS = `
  UPDATE grant_given SET givers = (
    SELECT json_group_array(json_object(
      'person', value ->> 'person',
      'username', coalesce((SELECT username FROM person WHERE id = value ->> 'person' AND erased_at IS NOT NULL), value ->> 'username'),
      'credential', value ->> 'credential'))
    FROM json_each(givers))
  WHERE request_id IN (SELECT substr(value ->> '$.key', 1, 36) FROM json_each(?1) WHERE value ->> '$.key' GLOB 'apr_*:final')`;

/** Places among those that are given as JSON. */
const AMONG = "(log_id, idx) IN (SELECT value ->> '$.logId', value ->> '$.index' FROM json_each(?1))";

/** In one batch, of three statements however many there are. A second time nothing is changed. */
export async function withhold(d1: D1Database, records: readonly DueRecord[], now: string): Promise<void> {
  const all = JSON.stringify(records);
  await d1.batch([
    d1.prepare(NAMELESS_GIVERS).bind(all),
    d1.prepare(`UPDATE log_leaf SET record = NULL, salt = NULL WHERE ${AMONG} AND record IS NOT NULL`).bind(all),
    d1.prepare(`UPDATE withheld_leaf SET withheld_at = ?2 WHERE ${AMONG} AND withheld_at IS NULL`).bind(all, now),
  ]);
}
