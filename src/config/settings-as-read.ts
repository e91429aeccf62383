/** How this deployment is set up, to be looked at: every variable with what is in force, of secrets whether they are set, and which parts are on. */
import { DEFAULT_CAPS } from "#rules/caps.ts";
import { auditOf } from "./audit.ts";
import type { Bindings } from "./bindings.ts";
import type { Config } from "./config.ts";
import { type Setting, SETTINGS } from "./settings.ts";

/** Every secret that there is. Nothing of them is ever read here but whether they are empty. */
export const SECRET_NAMES = [
  "LOG_SIGNING_KEY",
  "LOG_NEXT_SIGNING_KEY",
  "SERVER_SECRET",
  "VAULT_SECRET",
  "VAULT_NEXT_SECRET",
  "SETUP_TOKEN",
  "METRICS_TOKEN",
] as const satisfies readonly (keyof Bindings)[];

/** What is in force where a variable is not set; null for nothing. Those of caps are caps.ts. */
const DEFAULTS: Readonly<Record<Exclude<Setting, keyof typeof DEFAULT_CAPS>, string | null>> = {
  ADMINS_REQUIRED: "1",
  ALLOW_REVEAL: "false",
  ARCHIVE_AFTER_DAYS: "30",
  KEEP_PAYLOAD_DAYS: null,
  KEEP_CALLS_DAYS: "90",
  SESSION_IDLE_HOURS: "12",
  SESSION_MAX_HOURS: "168",
  LOG_ORIGIN: null,
  WITNESS_POLICY: null,
  WITNESS_INTERVAL_SECONDS: "10",
  DATABASE_LOCATION: null,
  OBJECT_LOCATION: null,
  JURISDICTION: null,
  WORKER_PLACEMENT: "off",
  ALLOW_LOOPBACK_ADDRESSES: "false",
  DOH_RESOLVER: "https://cloudflare-dns.com/dns-query",
};

export interface SettingAsRead {
  name: string;
  value: string | null;
  isSet: boolean;
  default: string | null;
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== "";
const defaultOf = (name: Setting): string | null => ({ ...DEFAULTS, ...DEFAULT_CAPS })[name]?.toString() ?? null;

const HOUR_MS = 3_600_000;

/** What one says, or else its default; of the one that another may cut, what is left. */
const inForce = (name: Setting, given: string | undefined, { sessionLimits }: Config): string | null => {
  if (name === "SESSION_IDLE_HOURS") return String(sessionLimits.idleMs / HOUR_MS);
  return isSet(given) ? given : defaultOf(name);
};

/** Variables that are no secrets, each with what is in force. */
export const settingsAsRead = (env: Bindings, config: Config): SettingAsRead[] => [
  { name: "PUBLIC_ORIGIN", value: env.PUBLIC_ORIGIN, isSet: true, default: null },
  ...SETTINGS.map((name) => {
    const given = env[name];
    return { name, value: inForce(name, given, config), isSet: isSet(given), default: defaultOf(name) };
  }),
];

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
