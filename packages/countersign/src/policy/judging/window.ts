/**
 * Windows: [from, to) by the clock on the wall. A window over midnight belongs to the day on which it begins. What daylight saving
 * skips is the next time that exists, and in an hour that comes twice the clock is right both times: both follow from asking the clock.
 */
import { dayBefore, wallClock, weekdayOf } from "../conditions/zones.ts";
import type { PolicyWindow } from "../document/policy-document.ts";

const DAY_MINUTES = 24 * 60;

/** Minutes since midnight of a time such as `09:00`. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a window is open `nowMs` after the epoch. One whose zone is unknown never is. */
export function isOpen({ days, from = "00:00", to = "24:00", zone, except = [] }: PolicyWindow, nowMs: number): boolean {
  const clock = wallClock(zone, nowMs);
  if (clock === null) return false;
  const [first, end] = [minutesOf(from), minutesOf(to)];
  const isOverMidnight = end <= first && end < DAY_MINUTES;
  if (!isOverMidnight && (clock.minutes < first || clock.minutes >= end)) return false;
  if (isOverMidnight && clock.minutes < first && clock.minutes >= end) return false;
  const began = isOverMidnight && clock.minutes < first ? dayBefore(clock.date) : clock.date;
  if (days !== undefined && !days.includes(weekdayOf(began))) return false;
  return !except.some((span) => isWithin(began, span));
}

/** Dates sort as texts do. */
function isWithin(date: string, span: string): boolean {
  const [first = "", last = first] = span.split("/");
  return date >= first && date <= last;
}
