/** Times in words. Points in time are shown in UTC, so that server and browser show the same. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20 Nov 2026, 09:30 UTC` of `2026-11-20T09:30:00.000Z`. */
export function timeText(time: string): string {
  const [date = "", clock = ""] = time.split("T");
  const [year, month, day] = date.split("-").map(Number);
  return `${day} ${MONTHS[(month ?? 1) - 1]} ${year}, ${clock.slice(0, 5)} UTC`;
}

/** `20 Nov 2026` of `2026-11-20T09:30:00.000Z`. */
export const dateText = (time: string): string => timeText(time).replace(/,.*/, "");

/** `2026-11-20 09:30:00.000 UTC` of `2026-11-20T09:30:00.000Z`: nothing rounded. */
export const exactTimeText = (time: string): string => time.replace("T", " ").replace("Z", " UTC");

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;

/** How long is left of `ms`, in the largest unit that still says it well; never more than there is. */
export function timeLeftText(ms: number): string {
  if (ms < SECOND) return "no time left";
  if (ms < 2 * MINUTE) return `${counted(Math.floor(ms / SECOND), "second")} left`;
  if (ms < 2 * HOUR) return `${counted(Math.floor(ms / MINUTE), "minute")} left`;
  if (ms < 2 * DAY) return `${counted(Math.floor(ms / HOUR), "hour")} left`;
  return `${counted(Math.floor(ms / DAY), "day")} left`;
}

/** How much a time that is left presses. */
export type Urgency = "ample" | "soon" | "last";

/** Of `ms` that are left: the last two minutes, less than half an hour, or more. */
export const urgencyOf = (ms: number): Urgency => (ms < 2 * MINUTE ? "last" : ms < 30 * MINUTE ? "soon" : "ample");
