/** What admins have to know of while it lasts: each is told once when it begins and once when it is over. Pure. */
import type { AlertDetail, AlertName } from "#rules/notices/content.ts";

export interface Alert {
  /** What is amiss, and of what: the same while it lasts. */
  id: string;
  name: AlertName;
  since: string;
  detail: AlertDetail;
}

export interface AlertFacts {
  logState: "active" | "frozen" | null;
  /**
   * Null where nobody is asked to cosign; `behind` once it has lasted for AWAY_AFTER_MS; `unknown` while the log's writer cannot say, which
   * begins nothing and ends nothing.
   */
  witnesses: "ok" | "behind" | "disputed" | "unknown" | null;
  messages: {
    oldestDue: string | null;
    failedLately: number;
    /** Since when an active channel has taken nothing; null if each took what it was sent last. */
    failingSince: string | null;
  };
  /** When calls were last counted by the record of calls; null where this deployment has none. */
  callsCountedAt: string | null;
  /** Of limits that were reached within the last hour: all of which an alert is known, and some of the others. */
  limits: readonly { agent: string; name: string; rule: string }[];
}

/** What is due waits no longer than that for whoever sends it: retries have a later time of their own. */
const STUCK_AFTER_MS = 600_000;
/** What a system refuses with a 5xx is tried for a day and a half, each time with a later time: it is never due for long. */
const FAILING_AFTER_MS = 3_600_000;
/** One that is asked while it starts again answers the next time. */
export const AWAY_AFTER_MS = 600_000;
/** The record of calls is counted every minute. */
const BEHIND_AFTER_MS = 600_000;

/** What is amiss now; `known` is what was. */
export function alertsOf(facts: AlertFacts, known: readonly Alert[], nowMs: number): Omit<Alert, "since">[] {
  const isOld = (at: string | null, afterMs: number): boolean => at !== null && Date.parse(at) < nowMs - afterMs;
  const { logState, witnesses, messages, callsCountedAt, limits } = facts;
  const wasAway = known.some(({ name }) => name === "witness_away");
  const isAway = witnesses === "behind" || witnesses === "disputed" || (witnesses === "unknown" && wasAway);
  const areStuck = isOld(messages.oldestDue, STUCK_AFTER_MS) || messages.failedLately > 0 || isOld(messages.failingSince, FAILING_AFTER_MS);
  const one = (isAmiss: boolean, name: AlertName): Omit<Alert, "since">[] => (isAmiss ? [{ id: name, name, detail: {} }] : []);
  return [
    ...one(logState === "frozen", "log_frozen"),
    ...one(isAway, "witness_away"),
    ...one(areStuck, "messages_stuck"),
    ...one(isOld(callsCountedAt, BEHIND_AFTER_MS), "calls_behind"),
    ...limits.map(({ agent, name, rule }) => ({
      id: `limit_reached:${agent}:${rule}`,
      name: "limit_reached" as const,
      detail: { agent: { id: agent, name }, rule },
    })),
  ];
}

/** What has begun and what is over, by what was known. */
export function changedAlerts(
  known: readonly Alert[],
  now: readonly Omit<Alert, "since">[],
  at: string,
): { begun: Alert[]; over: Alert[] } {
  const [before, after] = [new Set(known.map(({ id }) => id)), new Set(now.map(({ id }) => id))];
  return {
    begun: now.filter(({ id }) => !before.has(id)).map((alert) => ({ ...alert, since: at })),
    over: known.filter(({ id }) => !after.has(id)),
  };
}
