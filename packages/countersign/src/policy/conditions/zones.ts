/**
 * The clock on the wall in a time zone. Making a formatter takes a millisecond and asking one microseconds, so there is one a
 * zone, and what it said last is kept for the minute.
 */

/** Monday first, as policies write them. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** What clock and calendar on the wall say. */
export interface WallClock {
  /** Such as `2026-11-29`. */
  date: string;
  weekday: Weekday;
  /** Since midnight by the clock, 0 to 1439. */
  minutes: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface Zone {
  format: Intl.DateTimeFormat;
  minute: number;
  clock: WallClock | null;
}
const zones = new Map<string, Zone>();

/** Names as the IANA database has them: not the offsets, abbreviations and spellings that Intl takes besides. */
const ZONE_NAME = /^(?:UTC|[A-Z][A-Za-z_]+(?:\/[A-Z][A-Za-z0-9_+-]*)+)$/;

/** Whether it names a time zone: an area and a place such as Europe/Berlin, or UTC. */
export const isZone = (name: string): boolean => ZONE_NAME.test(name) && zoneOf(name) !== null;

function zoneOf(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat("en-CA-u-hc-h23", {
      timeZone: name,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
    const zone: Zone = { format, minute: Number.NaN, clock: null };
    zones.set(name, zone);
    return zone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The weekday of a date such as `2026-11-29`. */
export const weekdayOf = (date: string): Weekday => WEEKDAYS[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7] as Weekday;

/** The day before a date. */
export const dayBefore = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);

/** What the wall shows in that zone, `ms` after the epoch; null if there is no such zone. */
export function wallClock(name: string, ms: number): WallClock | null {
  const zone = ZONE_NAME.test(name) ? zoneOf(name) : null;
  if (zone === null) return null;
  const minute = Math.floor(ms / MINUTE_MS);
  if (zone.clock !== null && zone.minute === minute) return zone.clock;
  const parts = Object.fromEntries(zone.format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const date = `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
  const clock = { date, weekday: weekdayOf(date), minutes: Number(parts["hour"]) * 60 + Number(parts["minute"]) };
  zone.minute = minute;
  zone.clock = clock;
  return clock;
}
