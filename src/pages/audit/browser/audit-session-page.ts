/** Goes from step to step of a session, one of them shown at a time; without this script all of them are. */
import "#pages/kit/browser/signed-in-page.ts";
import { byId, control } from "#pages/kit/browser/page.ts";
import { auditScriptTexts as texts } from "#texts/browser/audit.ts";

const steps = [...byId("steps").querySelectorAll<HTMLElement>("[data-step]")];
const [previous, next] = [control("previous", HTMLButtonElement), control("next", HTMLButtonElement)];
const numberOf = (step: HTMLElement | undefined): number => Number(step?.getAttribute("data-step"));
let at = Math.max(
  0,
  steps.findIndex(({ id }) => `#${id}` === location.hash),
);

function show(): void {
  for (const [n, step] of steps.entries()) step.hidden = n !== at;
  previous.setAttribute("aria-disabled", String(at === 0));
  next.setAttribute("aria-disabled", String(at === steps.length - 1));
  byId("at").textContent = texts.step(numberOf(steps[at]), numberOf(steps.at(-1)));
}

function go(by: 1 | -1): void {
  const to = at + by;
  const step = steps[to];
  if (step === undefined) return;
  at = to;
  show();
  history.replaceState(null, "", `#${step.id}`);
}

previous.addEventListener("click", () => go(-1));
next.addEventListener("click", () => go(1));
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
  if (event.key === "ArrowLeft") go(-1);
  if (event.key === "ArrowRight") go(1);
});
// Paper has all of them.
window.addEventListener("beforeprint", () => steps.forEach((step) => (step.hidden = false)));
window.addEventListener("afterprint", show);

byId("walk").hidden = false;
show();
