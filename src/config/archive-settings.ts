/** ARCHIVE_AFTER_DAYS and KEEP_PAYLOAD_DAYS, and KEEP_CALLS_DAYS. */
import type { ArchiveTimes } from "#gate/approvals/archive/request-archive.ts";
import { ConfigurationError } from "./configuration-error.ts";
import { SETTING_DEFAULTS } from "./settings.ts";

const DAY_MS = 86_400_000;
/** Nothing is open for longer than seven days, also where a call has listed it and broken off: by then no list leads to an emptied object. */
const SOONEST_DAYS = 8;
const LATEST_DAYS = 36_500;

function days(name: string, value: string, soonest: number, otherwise: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= soonest && number <= LATEST_DAYS) return number;
  throw new ConfigurationError(`${name} must be a whole number of days from ${soonest} to ${LATEST_DAYS}${otherwise}`);
}

/** Not set and empty are the same. Refuses payloads that would have to go before the archive has them. */
export function readArchiveTimes(afterDays: string | undefined, payloadDays: string | undefined): ArchiveTimes {
  const isOff = afterDays === "off";
  const after = isOff ? null : days("ARCHIVE_AFTER_DAYS", afterDays || SETTING_DEFAULTS.ARCHIVE_AFTER_DAYS, SOONEST_DAYS, ', or "off"');
  const keep = payloadDays ? days("KEEP_PAYLOAD_DAYS", payloadDays, 1, "; leave it out to keep payloads for ever") : null;
  if (keep !== null && after === null)
    throw new ConfigurationError("KEEP_PAYLOAD_DAYS needs the archive: payloads are kept in their objects while ARCHIVE_AFTER_DAYS is off");
  if (keep !== null && after !== null && keep < after)
    throw new ConfigurationError(
      `KEEP_PAYLOAD_DAYS cannot be less than ARCHIVE_AFTER_DAYS (${after}): payloads can go once the archive has them`,
    );
  return { afterMs: after === null ? null : after * DAY_MS, keepWordsMs: keep === null ? null : keep * DAY_MS };
}

/** How long the record of calls is kept, and what a rule does not say otherwise of. */
export const readKeepCallsDays = (value: string | undefined): number =>
  days("KEEP_CALLS_DAYS", value || SETTING_DEFAULTS.KEEP_CALLS_DAYS, 1, `, such as ${SETTING_DEFAULTS.KEEP_CALLS_DAYS}`);
