/** The inbox's script: the time left of each request stays right while the page is open. */
import { timeLeftText } from "#pages/kit/time-text.ts";
import "#pages/kit/browser/signed-in-page.ts";

const TICK_MS = 1_000;
const serverNow = document.querySelector("main")?.dataset["now"] ?? new Date().toISOString();
const offsetMs = Date.parse(serverNow) - Date.now();

function tick(): void {
  for (const time of document.querySelectorAll<HTMLElement>("[data-expires]")) {
    const words = timeLeftText(Date.parse(time.dataset["expires"] ?? "") - (Date.now() + offsetMs));
    if (time.textContent !== words) time.textContent = words;
  }
}

tick();
setInterval(tick, TICK_MS);
