/** The time left, by the server's clock. */
import { timeLeftText, urgencyOf } from "#pages/kit/time-text.ts";
import { byId } from "#pages/kit/browser/page.ts";

const TICK_MS = 1_000;

/** Shows the time left until `expiresAt` and calls `onTimeUp` once when it is over. `serverNow` is the server's time as the page was made. */
export function countDown(expiresAt: string, serverNow: string, onTimeUp: () => void): void {
  const offsetMs = Date.parse(serverNow) - Date.now();
  const endMs = Date.parse(expiresAt);
  const place = byId("time-left");
  const text = byId("time-left-text");
  const line = place.querySelector("progress");

  const tick = (): void => {
    const leftMs = endMs - (Date.now() + offsetMs);
    const words = timeLeftText(leftMs);
    if (text.textContent !== words) text.textContent = words;
    place.dataset["urgency"] = urgencyOf(leftMs);
    if (line !== null) line.value = Math.max(0, leftMs);
    if (leftMs > 0) return;
    clearInterval(timer);
    onTimeUp();
  };
  const timer = setInterval(tick, TICK_MS);
  tick();
}
