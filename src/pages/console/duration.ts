/** How long something took or ago it was, in the largest unit that still says it well. */
import { consoleTexts as texts } from "#texts/console.ts";

/** Of seconds; null is nothing. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return texts.none;
  if (seconds < 120) return texts.seconds(Math.round(seconds));
  if (seconds < 7_200) return texts.minutes(Math.round(seconds / 60));
  if (seconds < 172_800) return texts.hours(Math.round(seconds / 3_600));
  return texts.days(Math.round(seconds / 86_400));
}
