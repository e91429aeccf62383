/** What the console tells of some days, made of sums (sums.ts). Pure. */
import { type EndCounts, endCounts } from "./end-counts.ts";
import { type SumKind, type Treatment, TREATMENTS } from "./sums.ts";
import { quantile } from "./took.ts";

/** Of a day, of the kinds that are told by day. */
export interface DaySum {
  kind: SumKind;
  day: string;
  of: string;
  outcome: string;
  n: number;
}

/** Of all these days, of one rule, agent or person. */
export interface GroupSum extends EndCounts {
  kind: "rule" | "agent" | "person";
  of: string;
  /** What it is called; null where it is known by `of` alone. */
  name: string | null;
}

export interface DayOfEnds extends EndCounts {
  day: string;
}
export interface DayOfDecisions {
  day: string;
  count: number;
  /** Seconds; null on a day on which nobody decided. */
  median: number | null;
  ninetieth: number | null;
}
export type DayOfCalls = { day: string } & Record<Treatment, number>;
export interface DayOfNotices {
  day: string;
  passed: number;
  held: number;
}

export interface Summary {
  ends: DayOfEnds[];
  decisions: DayOfDecisions[];
  calls: DayOfCalls[];
  notices: DayOfNotices[];
  /** Of all days together. */
  decided: Omit<DayOfDecisions, "day">;
}

const DAY_MS = 86_400_000;

/** So many days up to that of `nowMs`, the oldest first. */
export const daysUpTo = (nowMs: number, days: number): string[] =>
  Array.from({ length: days }, (_, n) => new Date(nowMs - (days - 1 - n) * DAY_MS).toISOString().slice(0, 10));

/** Each of these days, those on which nothing was as well. */
export function summaryOf(sums: readonly DaySum[], days: readonly string[]): Summary {
  const byDay = Map.groupBy(sums, ({ day }) => day);
  const on = (day: string, kind: SumKind): DaySum[] => (byDay.get(day) ?? []).filter((one) => one.kind === kind);
  return {
    ends: days.map((day) => ({ day, ...endCounts(on(day, "end")) })),
    decisions: days.map((day) => ({ day, ...decisionsOf(on(day, "took")) })),
    calls: days.map((day) => ({ day, ...callsOf(on(day, "call")) })),
    notices: days.map((day) => ({ day, passed: totalOf(on(day, "notice"), "passed"), held: totalOf(on(day, "notice"), "held") })),
    decided: decisionsOf(sums.filter(({ kind }) => kind === "took")),
  };
}

const totalOf = (sums: readonly DaySum[], outcome: string): number =>
  sums.reduce((sum, one) => sum + (one.outcome === outcome ? one.n : 0), 0);

function callsOf(sums: readonly DaySum[]): Record<Treatment, number> {
  const of = (treatment: Treatment) => sums.reduce((sum, one) => sum + (one.of === treatment ? one.n : 0), 0);
  const [allowed, held, refused] = TREATMENTS.map(of);
  return { allowed: allowed ?? 0, held: held ?? 0, refused: refused ?? 0 };
}

function decisionsOf(sums: readonly DaySum[]): Omit<DayOfDecisions, "day"> {
  const counts = new Map<string, number>();
  for (const { of, n } of sums) counts.set(of, (counts.get(of) ?? 0) + n);
  const count = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return { count, median: quantile(counts, 0.5), ninetieth: quantile(counts, 0.9) };
}
