/** What the cron of every minute does for the console: counts what was, and tells what is amiss. Made of this Worker's bindings. */
import { auditOf } from "#config/audit.ts";
import type { Bindings } from "#config/bindings.ts";
import { type Config, readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { countWhatWas } from "#gate/console/count-what-was.ts";
import { type AlertPorts, tellAlerts } from "#gate/console/tell-alerts.ts";
import { type AlertFacts, AWAY_AFTER_MS } from "#rules/console/alerts.ts";
import { writeAlerts } from "#storage/console/alerts.ts";
import { countingIn, sweepCounts } from "#storage/console/leaf-counts.ts";
import { readAlertStanding } from "#storage/console/alert-standing.ts";
import { triggerDelivery } from "../delivery.ts";
import { logOf } from "../log-ports.ts";

const now = (): number => Date.now();

/** One round. Never throws; what fails in one half does not keep the other. */
export async function runConsoleRound(env: Bindings): Promise<void> {
  await attempt("counts", () => countWhatWas(countingIn(env.DB, auditOf(env), now)));
  await attempt("alerts", async () => {
    if (await tellAlerts(alertPorts(env, readConfig(env)))) await triggerDelivery(env);
  });
}

/** What is kept long enough goes. Never throws. */
export const tidyCounts = (env: Bindings): Promise<void> => attempt("counts", () => sweepCounts(env.DB, now()));

async function attempt(part: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logLine("console-round-failed", { part, error: errorText(error) });
  }
}

function alertPorts(env: Bindings, config: Config): AlertPorts {
  return {
    now,
    async standing() {
      const [standing, witnesses] = await Promise.all([readAlertStanding(env.DB, now()), witnessHealth(env, config)]);
      const { logState, messages, limits, alerts } = standing;
      const callsCountedAt = auditOf(env) === null ? null : standing.callsCountedAt;
      return { known: alerts, facts: { logState, witnesses, messages, callsCountedAt, limits } };
    },
    async write(changed, at) {
      const told = await writeAlerts(env.DB, changed, { at, url: `${config.origin}/admin` });
      for (const { name } of changed.begun) logLine("alert-began", { alert: name });
      for (const { name } of changed.over) logLine("alert-ended", { alert: name });
      return told;
    },
  };
}

/** Null without witnesses, for whom the log's writer is not woken. */
async function witnessHealth(env: Bindings, config: Config): Promise<AlertFacts["witnesses"]> {
  if (config.witnesses === null) return null;
  try {
    return await (await logOf(env, config)).log.witnessHealth(now() - AWAY_AFTER_MS);
  } catch (error) {
    logLine("witnesses-not-asked", { error: errorText(error) });
    return "unknown";
  }
}
