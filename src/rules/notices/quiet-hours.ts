/**
 * Hours in which a person is not to be disturbed, by the clock on the wall of their zone. What daylight saving skips is the next time that
 * exists; in an hour that comes twice they end the first time.
 */
import { isZone, wallClock } from "#countersign/policy/conditions/zones.ts";
import { isOpen, minutesOf } from "#countersign/policy/judging/window.ts";
import type { PersonSettings } from "./person-settings.ts";

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Of a clock that is changed within one night. Each look gets it right or comes nearer. */
const MOST_LOOKS = 4;

/**
 * The first moment from `fromMs` on that is not quiet, in milliseconds since the epoch: `fromMs` itself if it is not. Whose zone is unknown,
 * and whose quiet hours never end, has none.
 */
export function afterQuiet({ quiet, zone }: Pick<PersonSettings, "quiet" | "zone">, fromMs: number): number {
  if (quiet === null || quiet.from === quiet.to) return fromMs;
  const isQuiet = (ms: number) => isOpen({ from: quiet.from, to: quiet.to, zone }, ms);
  /** To their end by the clock; back by what the clock was put forward meanwhile, if the time without them is shorter than that. */
  const leap = (ms: number, minutes: number): number => {
    const over = Math.floor(ms / MINUTE_MS + minutes) * MINUTE_MS;
    const clock = wallClock(zone, over);
    if (clock === null || !isQuiet(over)) return over;
    const back = over - ((clock.minutes - minutesOf(quiet.to) + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS;
    return back > ms && !isQuiet(back) ? back : over;
  };
  let [last, next] = [fromMs, fromMs];
  for (let look = 0; look < MOST_LOOKS && isQuiet(next); look += 1) {
    const clock = wallClock(zone, next);
    if (clock === null) return fromMs;
    const minutes = (minutesOf(quiet.to) - clock.minutes + DAY_MINUTES) % DAY_MINUTES;
    [last, next] = [next, leap(next, minutes)];
  }
  return next === fromMs ? fromMs : firstAfter(last, next, isQuiet);
}

/** The minute at which it stops being quiet between a moment that is and one that is not. */
function firstAfter(quietMs: number, overMs: number, isQuiet: (ms: number) => boolean): number {
  let [before, after] = [Math.floor(quietMs / MINUTE_MS), Math.floor(overMs / MINUTE_MS)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isQuiet(middle * MINUTE_MS)) before = middle;
    else after = middle;
  }
  return after * MINUTE_MS;
}

/** Whether quiet hours can be told in it: a zone of the IANA database that the runtime knows. */
export const isKnownZone = (zone: string): boolean => isZone(zone);
