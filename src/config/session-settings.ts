/** SESSION_IDLE_HOURS and SESSION_MAX_HOURS. */
import type { SessionLimits } from "#gate/sessions/session.ts";
import { ConfigurationError } from "./configuration-error.ts";

const HOUR_MS = 3_600_000;
const DEFAULT_IDLE_HOURS = 12;
/** A week, because a session only reads, and whatever counts is signed with the passkey anyway. */
const DEFAULT_MAX_HOURS = 168;
/** Thirty days: what is signed in for longer is forgotten about. */
const MOST_HOURS = 720;

function hours(name: string, value: string | undefined, fallback: number): number {
  const number = Number(value || fallback);
  if (Number.isSafeInteger(number) && number >= 1 && number <= MOST_HOURS) return number;
  throw new ConfigurationError(`${name} must be a whole number of hours from 1 to ${MOST_HOURS}, such as ${fallback}`);
}

/** Not set and empty are the same. Refuses a time without use that would never come. */
export function readSessionLimits(idleHours: string | undefined, maxHours: string | undefined): SessionLimits {
  const most = hours("SESSION_MAX_HOURS", maxHours, DEFAULT_MAX_HOURS);
  const idle = hours("SESSION_IDLE_HOURS", idleHours, Math.min(DEFAULT_IDLE_HOURS, most));
  if (idle > most)
    throw new ConfigurationError(
      `SESSION_IDLE_HOURS cannot be more than SESSION_MAX_HOURS (${most}), after which a session is over anyway`,
    );
  return { idleMs: idle * HOUR_MS, lifeMs: most * HOUR_MS };
}
