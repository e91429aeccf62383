/**
 * The names of what an operator may set and need not, and of secrets. `npm start` and `npm run deploy` pass on what is here; what each
 * means, and what it may be, is config.ts.
 */
import { DEFAULT_CAPS, type Caps } from "#rules/caps.ts";

/** What is in force where a variable is not set or empty; null for nothing, and for what the address says (`logOriginUnset`). */
export const SETTING_DEFAULTS = {
  ADMINS_REQUIRED: "1",
  ALLOW_REVEAL: "false",
  ARCHIVE_AFTER_DAYS: "30",
  KEEP_PAYLOAD_DAYS: null,
  KEEP_CALLS_DAYS: "90",
  SESSION_IDLE_HOURS: "12",
  // A week, because a session only reads, and whatever counts is signed with the passkey anyway.
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
} as const;

type Option = keyof typeof SETTING_DEFAULTS;
export type Setting = Option | keyof Caps;

export const SETTINGS: readonly Setting[] = [
  ...(Object.keys(SETTING_DEFAULTS) as Option[]),
  ...(Object.keys(DEFAULT_CAPS) as (keyof Caps)[]),
];

/** Every secret that there is: those that are made where they are missing, and those that are set where they are given, and never made. */
const MADE_OR_GIVEN = {
  LOG_SIGNING_KEY: "made",
  LOG_NEXT_SIGNING_KEY: "given",
  SERVER_SECRET: "made",
  VAULT_SECRET: "made",
  VAULT_NEXT_SECRET: "given",
  SETUP_TOKEN: "made",
  METRICS_TOKEN: "given",
} as const;
type SecretName = keyof typeof MADE_OR_GIVEN;

export const SECRET_NAMES = Object.keys(MADE_OR_GIVEN) as SecretName[];
export const OPTIONAL_SECRETS: readonly SecretName[] = SECRET_NAMES.filter((name) => MADE_OR_GIVEN[name] === "given");
