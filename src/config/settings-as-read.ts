/** How this deployment is set up, to be looked at: every variable with what is in force, of secrets whether they are set, and which parts are on. */
import { DEFAULT_CAPS } from "#rules/caps.ts";
import { auditOf } from "./audit.ts";
import type { Bindings } from "./bindings.ts";
import { type Config, logOriginUnset } from "./config.ts";
import { SECRET_NAMES, type Setting, SETTING_DEFAULTS, SETTINGS } from "./settings.ts";

export interface SettingAsRead {
  name: string;
  value: string | null;
  isSet: boolean;
  default: string | null;
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== "";

const HOUR_MS = 3_600_000;

/** What one says, or else its default; of what another may cut, what is left, and of what means nothing on this machine, nothing. */
const inForce = (name: Setting, given: string | undefined, unset: string | null, { sessionLimits, places }: Config): string | null => {
  if (name === "SESSION_IDLE_HOURS") return String(sessionLimits.idleMs / HOUR_MS);
  if (name === "JURISDICTION") return places.jurisdiction;
  return isSet(given) ? given : unset;
};

/** Variables that are no secrets, each with what is in force. */
export function settingsAsRead(env: Bindings, config: Config): SettingAsRead[] {
  const defaults = { ...SETTING_DEFAULTS, LOG_ORIGIN: logOriginUnset(config.origin), ...DEFAULT_CAPS };
  return [
    { name: "PUBLIC_ORIGIN", value: env.PUBLIC_ORIGIN, isSet: true, default: null },
    ...SETTINGS.map((name) => {
      const given = env[name];
      const unset = defaults[name]?.toString() ?? null;
      return { name, value: inForce(name, given, unset, config), isSet: isSet(given), default: unset };
    }),
  ];
}

/** Nothing of them is read but whether they are empty. */
export const secretsAsRead = (env: Bindings): { name: string; isSet: boolean }[] =>
  SECRET_NAMES.map((name) => ({ name, isSet: isSet(env[name]) }));

/** Parts that a deployment may go without. */
export const PARTS = [
  "gateway",
  "queue",
  "archive",
  "witnesses",
  "vault",
  "connectors",
  "inbox_lines",
  "email",
  "call_limits",
  "metrics",
] as const;
export type Part = (typeof PARTS)[number];

/** What each needs, and whether this deployment has it. */
export function partsAsRead(env: Bindings, config: Config): { part: Part; needs: string[]; isOn: boolean }[] {
  return [
    { part: "gateway", needs: ["AUDIT"], isOn: auditOf(env) !== null },
    { part: "queue", needs: ["NOTICES"], isOn: env.NOTICES !== undefined },
    { part: "archive", needs: ["ARCHIVE", "ARCHIVE_AFTER_DAYS"], isOn: env.ARCHIVE !== undefined && config.archive.afterMs !== null },
    { part: "witnesses", needs: ["WITNESS_POLICY"], isOn: config.witnesses !== null },
    { part: "vault", needs: ["VAULT_SECRET"], isOn: config.vaultSecret !== null },
    { part: "connectors", needs: ["CONNECTOR"], isOn: env.CONNECTOR !== undefined },
    { part: "inbox_lines", needs: ["PERSON_INBOX"], isOn: env.PERSON_INBOX !== undefined },
    { part: "email", needs: ["EMAIL"], isOn: env.EMAIL !== undefined },
    {
      part: "call_limits",
      needs: ["AGENT_CALLS", "SESSION_CALLS"],
      isOn: env.AGENT_CALLS !== undefined && env.SESSION_CALLS !== undefined,
    },
    { part: "metrics", needs: ["METRICS_TOKEN"], isOn: config.metricsToken !== null },
  ];
}
