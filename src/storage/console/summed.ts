/** What the console reads: sums (d1-migrations/0029), and what is open, out of its index. Nothing of it looks at what has ended. */
import type { DaySum, GroupSum } from "#rules/console/summary.ts";
import { ENDS } from "#rules/console/sums.ts";
import type { Reads } from "../near/near-reads.ts";

/** Requests that are looked at to say how many are open: more are that many and more. */
export const MOST_PENDING = 5_000;
/** Rules, agents and people that are told each. */
const MOST_OF_EACH = 10;

export interface PendingCount {
  /** Null where no rule says it. */
  risk: string | null;
  n: number;
  /** With those whose time is over and whose end is not listed yet, which are none of `n`. */
  lookedAt: number;
}

const PENDING = `
  SELECT risk, count(*) FILTER (WHERE expires_at > ?1) AS n, count(*) AS lookedAt FROM (
    SELECT risk, expires_at FROM approval INDEXED BY approval_waiting WHERE ended_at IS NULL LIMIT ${MOST_PENDING})
  GROUP BY risk`;

/** What is open by its risk. */
export const pendingQuery = (session: D1DatabaseSession, now: string): D1PreparedStatement => session.prepare(PENDING).bind(now);

const BY_DAY = `SELECT kind, day, of, outcome, n FROM metric_day WHERE kind IN ('end', 'took', 'call', 'notice') AND day >= ?1`;

const part = (end: string): string => `coalesce(sum(n) FILTER (WHERE outcome = '${end}'), 0) AS ${end}`;
const GROUPED = `
  SELECT grouped.*, coalesce(agent.name, person.username) AS name FROM (
    SELECT kind, of, ${ENDS.map(part).join(", ")},
      row_number() OVER (PARTITION BY kind ORDER BY sum(n) DESC, of) AS place
    FROM metric_day WHERE kind IN ('rule', 'agent', 'person') AND day >= ?1 GROUP BY kind, of) AS grouped
  LEFT JOIN agent ON grouped.kind = 'agent' AND agent.id = grouped.of
  LEFT JOIN person ON grouped.kind = 'person' AND person.id = grouped.of
  WHERE place <= ${MOST_OF_EACH} ORDER BY kind, place`;

export interface SummedDays {
  days: DaySum[];
  /** The busiest of each kind first. */
  groups: GroupSum[];
  pending: PendingCount[];
  /** When the last round counted. */
  countedAt: string;
}

/** From that day on. */
export const readSummedDays = (reads: Reads, from: string, now: string): Promise<SummedDays> =>
  reads(async (session) => {
    const [days, groups, pending, places] = await session.batch([
      session.prepare(BY_DAY).bind(from),
      session.prepare(GROUPED).bind(from),
      pendingQuery(session, now),
      session.prepare("SELECT at FROM metric_place WHERE name = 'requests'"),
    ]);
    return {
      days: (days?.results ?? []) as DaySum[],
      groups: (groups?.results ?? []) as GroupSum[],
      pending: (pending?.results ?? []) as PendingCount[],
      countedAt: (places?.results[0] as { at: string } | undefined)?.at ?? "",
    };
  });

export interface Total {
  kind: string;
  of: string;
  outcome: string;
  n: number;
}

export interface Totals {
  totals: Total[];
  pending: PendingCount[];
}

/** What a scrape reads of sums, and of what is open. */
export async function readTotals(d1: D1Database, now: string): Promise<Totals> {
  const session = d1.withSession("first-unconstrained");
  const [totals, pending] = await session.batch([
    session.prepare("SELECT kind, of, outcome, n FROM metric_total"),
    pendingQuery(session, now),
  ]);
  return { totals: (totals?.results ?? []) as Total[], pending: (pending?.results ?? []) as PendingCount[] };
}
