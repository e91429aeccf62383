/**
 * The names of what an operator may set and need not: variables that are no secrets. `npm start` and `npm run deploy` pass on what
 * is here; what each means, and what it may be, is config.ts.
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
