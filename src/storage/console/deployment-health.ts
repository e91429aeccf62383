/** How the deployment stands by its database: log, messages, rounds of the cron, limits that were reached, alerts. Few rows, whatever was. */
import type { Alert } from "#rules/console/alerts.ts";
import { timestamp } from "#countersign/documents/words.ts";

/** Messages that are counted, of each state. */
export const MOST_MESSAGES = 10_000;
const HOUR_MS = 3_600_000;
const MOST_LIMITS = 20;

export interface DeploymentHealth {
  /** The log that is written, or the last one; null before the first. */
  log: { origin: string; state: "active" | "frozen"; size: number; at: string } | null;
  messages: {
    waiting: number;
    failed: number;
    /** Since when the oldest is due that an active channel should have taken; null if none is. */
    oldestDue: string | null;
    /** Given up within the last hour, of those to systems and places; of what alerts themselves say none, which would keep them going. */
    failedLately: number;
  };
  /** When rounds last counted, by the name of the walk. */
  counted: { requests: string; calls: string };
  limits: { agent: string; name: string; rule: string; at: string }[];
  alerts: Alert[];
}

const LOG = `
  SELECT log.origin, log.state, coalesce(head.size, 0) AS size, coalesce(head.at, log.created_at) AS at
  FROM log LEFT JOIN log_head AS head ON head.log_id = log.id AND head.size = (SELECT max(size) FROM log_head WHERE log_id = log.id)
  ORDER BY log.state = 'active' DESC, log.id DESC LIMIT 1`;

const MESSAGES = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY message_due WHERE state = 'waiting' LIMIT ${MOST_MESSAGES})) AS waiting,
    (SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY message_failed WHERE state = 'failed' LIMIT ${MOST_MESSAGES})) AS failed,
    (SELECT min((SELECT min(next_at) FROM message INDEXED BY message_due WHERE state = 'waiting' AND channel_id = channel.id))
      FROM channel WHERE channel.state = 'active') AS oldestDue,
    (SELECT count(*) FROM (SELECT 1 FROM message INDEXED BY message_failed
      WHERE state = 'failed' AND created_at >= ?1 AND contact_id IS NULL AND type NOT GLOB 'alert.*' LIMIT ${MOST_MESSAGES})) AS failedLately`;

const LIMITS = `
  SELECT agent.id AS agent, agent.name, limit_reached.rule, limit_reached.at
  FROM limit_reached INDEXED BY limit_reached_lately CROSS JOIN agent ON agent.id = limit_reached.agent_id
  WHERE limit_reached.at >= ?1 ORDER BY limit_reached.at DESC LIMIT ${MOST_LIMITS}`;

/** At the primary: alerts begin and end by it. */
export async function readDeploymentHealth(d1: D1Database, nowMs: number): Promise<DeploymentHealth> {
  const session = d1.withSession("first-primary");
  const lately = timestamp(nowMs - HOUR_MS);
  const [logs, messages, places, limits, alerts] = await session.batch([
    session.prepare(LOG),
    session.prepare(MESSAGES).bind(lately),
    session.prepare("SELECT name, at FROM metric_place"),
    session.prepare(LIMITS).bind(lately),
    session.prepare("SELECT id, name, since, detail FROM alert ORDER BY since, id"),
  ]);
  const at = new Map((places?.results as { name: string; at: string }[] | undefined)?.map((place) => [place.name, place.at]));
  const [counts] = (messages?.results ?? []) as DeploymentHealth["messages"][];
  if (counts === undefined) throw new Error("no counts of messages");
  return {
    log: ((logs?.results ?? []) as NonNullable<DeploymentHealth["log"]>[])[0] ?? null,
    messages: counts,
    counted: { requests: at.get("requests") ?? "", calls: at.get("calls") ?? "" },
    limits: (limits?.results ?? []) as DeploymentHealth["limits"],
    alerts: ((alerts?.results ?? []) as (Omit<Alert, "detail"> & { detail: string })[]).map(({ detail, ...alert }) => ({
      ...alert,
      detail: JSON.parse(detail) as Alert["detail"],
    })),
  };
}
