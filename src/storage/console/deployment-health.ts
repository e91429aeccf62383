/** How the deployment stands by its database, for settings and metrics: log, messages, rounds of the cron, alerts. Few rows, whatever was. */
import type { Alert } from "#rules/console/alerts.ts";

/** Messages that are counted, of each state. */
export const MOST_MESSAGES = 10_000;

export interface DeploymentHealth {
  /** The log that is written, or the last one; null before the first. */
  log: { origin: string; state: "active" | "frozen"; size: number; at: string } | null;
  messages: {
    waiting: number;
    failed: number;
    /** Since when the oldest is due that an active channel should have taken; null if none is. */
    oldestDue: string | null;
  };
  /** When rounds last counted, by the name of the walk. */
  counted: { requests: string; calls: string };
  alerts: Alert[];
}

const LOG = `
  SELECT log.origin, log.state, coalesce(head.size, 0) AS size, coalesce(head.at, log.created_at) AS at
  FROM log LEFT JOIN log_head AS head ON head.log_id = log.id AND head.size = (SELECT max(size) FROM log_head WHERE log_id = log.id)
  ORDER BY log.state = 'active' DESC, log.id DESC LIMIT 1`;

export const OLDEST_DUE = `
  SELECT min((SELECT min(next_at) FROM message INDEXED BY message_due WHERE state = 'waiting' AND channel_id = channel.id))
  FROM channel WHERE channel.state = 'active'`;

const MESSAGES = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY message_due WHERE state = 'waiting' LIMIT ${MOST_MESSAGES})) AS waiting,
    (SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY message_failed WHERE state = 'failed' LIMIT ${MOST_MESSAGES})) AS failed,
    (${OLDEST_DUE}) AS oldestDue`;

export const ALERTS = "SELECT id, name, since, detail FROM alert ORDER BY since, id";
export type AlertRow = Omit<Alert, "detail"> & { detail: string };
export const alertOf = ({ detail, ...alert }: AlertRow): Alert => ({ ...alert, detail: JSON.parse(detail) as Alert["detail"] });

/** At the primary, as alerts are. */
export async function readDeploymentHealth(d1: D1Database): Promise<DeploymentHealth> {
  const session = d1.withSession("first-primary");
  const [logs, messages, places, alerts] = await session.batch([
    session.prepare(LOG),
    session.prepare(MESSAGES),
    session.prepare("SELECT name, at FROM metric_place"),
    session.prepare(ALERTS),
  ]);
  const at = new Map((places?.results as { name: string; at: string }[] | undefined)?.map((place) => [place.name, place.at]));
  const [counts] = (messages?.results ?? []) as DeploymentHealth["messages"][];
  if (counts === undefined) throw new Error("no counts of messages");
  return {
    log: ((logs?.results ?? []) as NonNullable<DeploymentHealth["log"]>[])[0] ?? null,
    messages: counts,
    counted: { requests: at.get("requests") ?? "", calls: at.get("calls") ?? "" },
    alerts: ((alerts?.results ?? []) as AlertRow[]).map(alertOf),
  };
}
