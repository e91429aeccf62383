/** The ports of counting over D1 (d1-migrations/0029), and over the record of calls. Plain SQL: JSON, upserts that add, a place that is compared. */
import { timestamp } from "#countersign/documents/words.ts";
import type { CallRange, CountedCalls, CountingPorts, LeafPlace } from "#gate/console/count-what-was.ts";
import { type CountedLeaf, merged, type Sum, TOTALLED, treatmentOf } from "#rules/console/sums.ts";

interface LeafRow extends Omit<CountedLeaf, "decisions" | "calls"> {
  decisions: string | null;
  first: number | null;
  last: number | null;
}

/** What is not counted is only stepped over: nothing of its record is read but its kind. */
const LEAF = `
  SELECT log_id AS log, idx, record ->> '$.kind' AS kind, record ->> '$.at' AS at, record ->> '$.request.requested_at' AS requestedAt,
    record ->> '$.request.policy.rule' AS rule,
    coalesce(record ->> '$.request.context.chain[0].id', record ->> '$.request.requested_by.id', record ->> '$.agent.id') AS agent,
    CASE WHEN record ->> '$.kind' GLOB 'approval.*' THEN (SELECT json_group_array(json_array(value ->> '$.statement.approver.id',
      value ->> '$.statement.verdict')) FROM json_each(record, '$.decisions')) END AS decisions,
    CASE WHEN record ->> '$.kind' = 'calls.logged' THEN record ->> '$.from' END AS first,
    CASE WHEN record ->> '$.kind' = 'calls.logged' THEN record ->> '$.to' END AS last
  FROM log_leaf`;
const PLACE = (column: "log_id" | "idx"): string => `(SELECT ${column} FROM metric_place WHERE name = ?1)`;
/** In two parts, each a range of the key: what follows in that log, and the logs that follow it, which begin once it has ended. */
const LEAVES = `
  SELECT * FROM (
    SELECT * FROM (${LEAF} WHERE log_id = ${PLACE("log_id")} AND idx > ${PLACE("idx")} ORDER BY idx LIMIT ?2)
    UNION ALL SELECT * FROM (${LEAF} WHERE log_id > ${PLACE("log_id")} ORDER BY log_id, idx LIMIT ?2))
  ORDER BY log, idx LIMIT ?2`;

const leafOf = ({ decisions, first, last, ...row }: LeafRow): CountedLeaf => ({
  ...row,
  decisions: decisions === null ? [] : (JSON.parse(decisions) as [string, string][]),
  calls: first === null || last === null ? null : { from: first, to: last },
});

/** The place is still where it was read: each statement of the batch asks, and the last one moves it. */
const STANDS = "EXISTS (SELECT 1 FROM metric_place WHERE name = ?2 AND log_id = ?3 AND idx = ?4)";
const ADD_TO_DAYS = `
  INSERT INTO metric_day (kind, day, of, outcome, n)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE ${STANDS}
  ON CONFLICT DO UPDATE SET n = n + excluded.n`;
const ADD_TO_TOTALS = `
  INSERT INTO metric_total (kind, of, outcome, n)
  SELECT value ->> 0, value ->> 2, value ->> 3, sum(value ->> 4) FROM json_each(?1) WHERE ${STANDS} GROUP BY 1, 2, 3
  ON CONFLICT DO UPDATE SET n = n + excluded.n`;
const NOTE_LIMITS = `
  INSERT INTO limit_reached (agent_id, rule, at)
  SELECT value ->> 'agent', value ->> 'rule', value ->> 'at' FROM json_each(?1) WHERE ${STANDS}
  ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`;

/** `audit` null: a deployment without the record of calls. */
export const countingIn = (d1: D1Database, audit: D1Database | null, now: () => number): CountingPorts => ({
  async next(walk, most) {
    const session = d1.withSession("first-primary");
    const [places, leaves] = await session.batch([
      session.prepare("SELECT log_id AS log, idx FROM metric_place WHERE name = ?1").bind(walk),
      session.prepare(LEAVES).bind(walk, most),
    ]);
    const [place] = (places?.results ?? []) as LeafPlace[];
    if (place === undefined) throw new Error(`metric_place has no ${walk}`);
    return { place, leaves: ((leaves?.results ?? []) as LeafRow[]).map(leafOf) };
  },

  callsIn: audit === null ? null : (ranges) => callsIn(audit, ranges),

  async add(walk, { from, to }, { sums, limits }) {
    const at = [walk, from.log, from.idx] as const;
    const many = (sql: string, values: readonly unknown[]) =>
      values.length === 0 ? [] : [d1.prepare(sql).bind(JSON.stringify(values), ...at)];
    const results = await d1.batch([
      ...many(ADD_TO_DAYS, sums),
      ...many(ADD_TO_TOTALS, totalled(sums)),
      ...many(NOTE_LIMITS, limits),
      d1
        .prepare("UPDATE metric_place SET log_id = ?4, idx = ?5, at = ?6 WHERE name = ?1 AND log_id = ?2 AND idx = ?3")
        .bind(...at, to.log, to.idx, timestamp(now())),
    ]);
    return results.at(-1)?.meta.changes === 1;
  },
});

const totalled = (sums: readonly Sum[]): readonly Sum[] => sums.filter(([kind]) => TOTALLED.includes(kind));

const RANGES = "json_each(?1) AS one CROSS JOIN";
const ofRange = (table: string): string =>
  `${table}.agent = one.value ->> 'agent' AND ${table}.number BETWEEN one.value ->> 'from' AND one.value ->> 'to'`;

/** As they stood when the log was told of them, which nothing changes; how they went on, the record of calls knows. */
const CALLS = `
  SELECT substr(record ->> '$.at', 1, 10) AS day, record ->> '$.status' AS status, record ->> '$.request' IS NOT NULL AS wasAsked,
    sum(record ->> '$.count') AS n
  FROM ${RANGES} call WHERE ${ofRange("call")} GROUP BY 1, 2, 3`;
const LIMITS = `
  SELECT call.agent, record ->> '$.rule' AS rule, max(record ->> '$.at') AS at
  FROM ${RANGES} call WHERE ${ofRange("call")} AND record ->> '$.status' = 'rate_limited' GROUP BY 1, 2`;
const NOTICES = `
  SELECT strftime('%Y-%m-%d', notice.at / 1000, 'unixepoch') AS day, held, count(*) AS n
  FROM ${RANGES} notice WHERE ${ofRange("notice")} GROUP BY 1, 2`;

async function callsIn(audit: D1Database, ranges: readonly CallRange[]): Promise<CountedCalls> {
  const given = JSON.stringify(ranges);
  const session = audit.withSession("first-primary");
  const [calls, limits, notices] = await session.batch([CALLS, LIMITS, NOTICES].map((sql) => session.prepare(sql).bind(given)));
  const counted = (calls?.results ?? []) as { day: string; status: string; wasAsked: 0 | 1; n: number }[];
  const unusual = (notices?.results ?? []) as { day: string; held: 0 | 1; n: number }[];
  return {
    sums: merged([
      ...counted.map(({ day, status, wasAsked, n }): Sum => ["call", day, treatmentOf(status, wasAsked === 1), status, n]),
      ...unusual.map(({ day, held, n }): Sum => ["notice", day, "", held === 1 ? "held" : "passed", n]),
    ]),
    limits: (limits?.results ?? []) as { agent: string; rule: string; at: string }[],
  };
}

/** Days are kept so long: people and agents stand in them by their ids. */
const KEPT_MS = 400 * 86_400_000;
const KINDS = ["end", "rule", "agent", "person", "took", "seconds", "call", "notice"] as const;

/** Takes away what nobody asks for any more. Totals stay. */
export async function sweepCounts(d1: D1Database, nowMs: number): Promise<void> {
  const before = timestamp(nowMs - KEPT_MS);
  await d1.batch([
    ...KINDS.map((kind) => d1.prepare("DELETE FROM metric_day WHERE kind = ?1 AND day < ?2").bind(kind, before.slice(0, 10))),
    d1.prepare("DELETE FROM limit_reached WHERE at < ?1").bind(before),
  ]);
}
