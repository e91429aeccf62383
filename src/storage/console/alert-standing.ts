/** How it stands, for alerts: only what they judge by, since a round of every minute reads it. */
import { timestamp } from "#countersign/documents/words.ts";
import type { Alert, AlertFacts } from "#rules/console/alerts.ts";
import { alertOf, type AlertRow, ALERTS, OLDEST_DUE } from "./deployment-health.ts";

const HOUR_MS = 3_600_000;
/** Limits of which an alert may begin in one round; the others are the next round's. */
const MOST_LIMITS = 20;

export interface AlertStanding extends Pick<AlertFacts, "logState" | "messages" | "limits"> {
  callsCountedAt: string;
  alerts: Alert[];
}

/** The log that is written, or the last one. */
const LOG = "SELECT state FROM log ORDER BY state = 'active' DESC, id DESC LIMIT 1";

/** `failedLately`: whether any to a system or a place was given up within the hour; of what alerts themselves say none, which would keep them going. */
const MESSAGES = `
  SELECT (${OLDEST_DUE}) AS oldestDue,
    EXISTS (SELECT 1 FROM message INDEXED BY message_failed
      WHERE state = 'failed' AND created_at >= ?1 AND contact_id IS NULL AND type NOT GLOB 'alert.*') AS failedLately,
    (SELECT min(failing_since) FROM channel WHERE state = 'active') AS failingSince`;

/** Every one that is known and was reached within the hour, so that none ends for the sake of others; and the newest that are not known. */
const LIMITS = `
  SELECT agent.id AS agent, agent.name, reached.rule
  FROM alert CROSS JOIN limit_reached AS reached ON reached.agent_id = alert.detail ->> '$.agent.id' AND reached.rule = alert.detail ->> '$.rule'
    CROSS JOIN agent ON agent.id = reached.agent_id
  WHERE alert.name = 'limit_reached' AND reached.at >= ?1
  UNION ALL SELECT * FROM (
    SELECT agent.id, agent.name, reached.rule
    FROM limit_reached AS reached INDEXED BY limit_reached_lately CROSS JOIN agent ON agent.id = reached.agent_id
    WHERE reached.at >= ?1 AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = 'limit_reached:' || reached.agent_id || ':' || reached.rule)
    ORDER BY reached.at DESC LIMIT ${MOST_LIMITS})`;

/** At the primary: alerts begin and end by it. */
export async function readAlertStanding(d1: D1Database, nowMs: number): Promise<AlertStanding> {
  const session = d1.withSession("first-primary");
  const lately = timestamp(nowMs - HOUR_MS);
  const [logs, messages, places, limits, alerts] = await session.batch([
    session.prepare(LOG),
    session.prepare(MESSAGES).bind(lately),
    session.prepare("SELECT at FROM metric_place WHERE name = 'calls'"),
    session.prepare(LIMITS).bind(lately),
    session.prepare(ALERTS),
  ]);
  const [found] = (messages?.results ?? []) as AlertFacts["messages"][];
  if (found === undefined) throw new Error("nothing was read of messages");
  return {
    logState: ((logs?.results ?? []) as { state: "active" | "frozen" }[])[0]?.state ?? null,
    messages: found,
    callsCountedAt: (places?.results[0] as { at: string } | undefined)?.at ?? "",
    limits: (limits?.results ?? []) as AlertFacts["limits"],
    alerts: ((alerts?.results ?? []) as AlertRow[]).map(alertOf),
  };
}
