/** Times in words. Points in time are shown in UTC, so that server and browser show the same. */
import { timeTexts as texts } from "#texts/browser/kit/time.ts";

/** `20 Nov 2026` of `2026-11-20T09:30:00.000Z`. */
export function dateText(time: string): string {
  const [year = 0, month = 1, day = 1] = time.slice(0, 10).split("-").map(Number);
  return texts.day(year, texts.months[month - 1] ?? "", day);
}

/** `20 Nov 2026, 09:30 UTC` of `2026-11-20T09:30:00.000Z`. */
export const timeText = (time: string): string => texts.minute(dateText(time), time.slice(11, 16));

/** `2026-11-20 09:30:00.000 UTC` of `2026-11-20T09:30:00.000Z`: nothing rounded. */
export const exactTimeText = (time: string): string => texts.exact(time.replace("T", " ").replace("Z", ""));

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long is left of `ms`, in the largest unit that still says it well; never more than there is. */
export function timeLeftText(ms: number): string {
  if (ms < SECOND) return texts.noTimeLeft;
  if (ms < 2 * MINUTE) return texts.secondsLeft(Math.floor(ms / SECOND));
  if (ms < 2 * HOUR) return texts.minutesLeft(Math.floor(ms / MINUTE));
  if (ms < 2 * DAY) return texts.hoursLeft(Math.floor(ms / HOUR));
  return texts.daysLeft(Math.floor(ms / DAY));
}

/** How much a time that is left presses. */
export type Urgency = "ample" | "soon" | "last";

/** Of `ms` that are left: the last two minutes, less than half an hour, or more. */
export const urgencyOf = (ms: number): Urgency => (ms < 2 * MINUTE ? "last" : ms < 30 * MINUTE ? "soon" : "ample");
