/** The time left, by the server's clock. */
import { timeLeftText } from "#pages/kit/time-text.ts";
import { byId } from "#pages/kit/browser/page.ts";

const TICK_MS = 1_000;

/** Shows the time left until `expiresAt` and calls `onTimeUp` once when it is over. `serverNow` is the server's time as the page was made. */
export function countDown(expiresAt: string, serverNow: string, onTimeUp: () => void): void {
  const offsetMs = Date.parse(serverNow) - Date.now();
  const endMs = Date.parse(expiresAt);
  const text = byId("time-left-text");
  const line = byId("time-left").querySelector("progress");
  const until = byId("time-left").querySelector("time");
  if (until !== null) until.textContent = localTimeText(endMs);

  const tick = (): void => {
    const leftMs = endMs - (Date.now() + offsetMs);
    const words = timeLeftText(leftMs);
    if (text.textContent !== words) text.textContent = words;
    if (line !== null) line.value = Math.max(0, leftMs);
    if (leftMs > 0) return;
    clearInterval(timer);
    onTimeUp();
  };
  const timer = setInterval(tick, TICK_MS);
  tick();
}

/** The reader's own clock time, with the day if it is not today. */
function localTimeText(ms: number): string {
  const at = new Date(ms);
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  if (at.toDateString() === new Date().toDateString()) return at.toLocaleTimeString([], clock);
  return at.toLocaleString([], { ...clock, day: "numeric", month: "short" });
}
