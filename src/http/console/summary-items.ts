/** What the overview shows, as its route and its page tell it. */
import type { Context } from "hono";
import type { SummaryData } from "#api/console/summary-data.ts";
import { auditOf } from "#config/audit.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { App } from "#http/context.ts";
import { type DayOfDecisions, daysUpTo, type GroupSum, summaryOf } from "#rules/console/summary.ts";
import { MOST_PENDING, type PendingCount, readSummedDays } from "#storage/console/summed.ts";

/** Of the last days; costs what their sums cost, and what is open. */
export async function summaryFor({ env, var: { near } }: Context<App>, days: number): Promise<SummaryData> {
  const nowMs = Date.now();
  const list = daysUpTo(nowMs, days);
  const [from = "", to = ""] = [list[0], list.at(-1)];
  const summed = await readSummedDays(near.read, from, timestamp(nowMs));
  const { ends, decisions, calls, notices, decided } = summaryOf(summed.days, list);
  const hasCalls = auditOf(env) !== null;
  return {
    from,
    to,
    counted_at: summed.countedAt,
    pending: pendingOf(summed.pending),
    ended: ends,
    time_to_decision: { ...decisionsOf(decided), by_day: decisions.map((one) => ({ day: one.day, ...decisionsOf(one) })) },
    rules: groupsOf(summed.groups, "rule").map(({ of, counts }) => ({ rule: of, ...counts })),
    agents: groupsOf(summed.groups, "agent").map(({ of, name, counts }) => ({ agent: { id: of, name }, ...counts })),
    people: groupsOf(summed.groups, "person").map(({ of, name, counts: { approved, denied } }) => ({
      person: { id: of, username: name },
      approved,
      denied,
    })),
    calls: hasCalls ? calls : null,
    notices: hasCalls ? notices : null,
  };
}

const decisionsOf = ({ count, median, ninetieth }: Omit<DayOfDecisions, "day">) => ({
  count,
  median_seconds: median,
  p90_seconds: ninetieth,
});

function pendingOf(pending: readonly PendingCount[]): SummaryData["pending"] {
  const total = pending.reduce((sum, { n }) => sum + n, 0);
  const lookedAt = pending.reduce((sum, one) => sum + one.lookedAt, 0);
  const by_risk = pending.flatMap(({ risk, n }) => (n === 0 ? [] : [{ risk, count: n }]));
  return { total, more: lookedAt >= MOST_PENDING, by_risk };
}

const groupsOf = (groups: readonly GroupSum[], kind: GroupSum["kind"]) =>
  groups
    .filter((one) => one.kind === kind)
    .map(({ of, name, approved, auto_approved, denied, expired, cancelled }) => ({
      of,
      name: name ?? of,
      counts: { approved, auto_approved, denied, expired, cancelled },
    }));
