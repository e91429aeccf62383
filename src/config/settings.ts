/**
 * The names of what an operator may set and need not, and of secrets. `npm start` and `npm run deploy` pass on what is here; what each
 * means, and what it may be, is config.ts.
 */
import { DEFAULT_CAPS, type Caps } from "#rules/caps.ts";

const OPTIONS = [
  "ADMINS_REQUIRED",
  "ALLOW_REVEAL",
  "ARCHIVE_AFTER_DAYS",
  "KEEP_PAYLOAD_DAYS",
  "KEEP_CALLS_DAYS",
  "SESSION_IDLE_HOURS",
  "SESSION_MAX_HOURS",
  "LOG_ORIGIN",
  "WITNESS_POLICY",
  "WITNESS_INTERVAL_SECONDS",
  "DATABASE_LOCATION",
  "OBJECT_LOCATION",
  "JURISDICTION",
  "WORKER_PLACEMENT",
  "ALLOW_LOOPBACK_ADDRESSES",
  "DOH_RESOLVER",
] as const;

export type Setting = (typeof OPTIONS)[number] | keyof Caps;

export const SETTINGS: readonly Setting[] = [...OPTIONS, ...(Object.keys(DEFAULT_CAPS) as (keyof Caps)[])];

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
