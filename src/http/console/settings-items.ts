/** How this deployment is set up and how it is, as the route and the page of settings tell it. No secret goes in but whether it is set. */
import type { Context } from "hono";
import type { SettingsData } from "#api/console/settings-data.ts";
import { auditOf } from "#config/audit.ts";
import { partsAsRead, secretsAsRead, settingsAsRead } from "#config/settings-as-read.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { App } from "#http/context.ts";
import packageJson from "#package.json" with { type: "json" };
import { lastMigration } from "#storage/console/migrations.ts";
import { readDeploymentHealth, type DeploymentHealth } from "#storage/console/deployment-health.ts";
import { cosignedBy, witnessHealthFor } from "./health-items.ts";

export async function settingsFor(c: Context<App>): Promise<SettingsData> {
  const { env } = c;
  const audit = auditOf(env);
  const [standing, witnesses, health, main, ofCalls] = await Promise.all([
    readDeploymentHealth(env.DB, Date.now()),
    cosignedBy(c),
    witnessHealthFor(c),
    lastMigration(env.DB),
    audit === null ? null : lastMigration(audit),
  ]);
  return {
    version: { package: packageJson.version, upload: env.VERSION?.id ?? null },
    migrations: { main, audit: ofCalls },
    settings: settingsAsRead(env, c.var.config).map(({ isSet, ...setting }) => ({ ...setting, is_set: isSet })),
    secrets: secretsAsRead(env).map(({ name, isSet }) => ({ name, is_set: isSet })),
    parts: partsAsRead(env, c.var.config).map(({ part, needs, isOn }) => ({ part, needs, is_on: isOn })),
    log: logOf(standing, witnesses, health),
    rounds: { counted_at: standing.counted.requests, calls_counted_at: audit === null ? null : standing.counted.calls },
    messages: { waiting: standing.messages.waiting, failed: standing.messages.failed, oldest_due: standing.messages.oldestDue },
    alerts: standing.alerts.map(({ name, since, detail }) => ({
      name,
      since,
      agent: detail.agent?.name ?? null,
      rule: detail.rule ?? null,
    })),
  };
}

function logOf(
  { log }: DeploymentHealth,
  witnesses: Awaited<ReturnType<typeof cosignedBy>>,
  health: Awaited<ReturnType<typeof witnessHealthFor>>,
): SettingsData["log"] {
  if (log === null) return null;
  const cosigned = witnesses?.map(({ name, cosignedAtMs }) => ({
    name,
    cosigned_at: cosignedAtMs === null ? null : timestamp(cosignedAtMs),
  }));
  return { origin: log.origin, state: log.state, size: log.size, newest_at: log.at, witnesses: cosigned ?? null, witness_health: health };
}
