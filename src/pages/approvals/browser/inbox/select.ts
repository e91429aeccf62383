/** What was selected to be reviewed together: counted, and no more than one page of them takes. */
import { byId, control } from "#pages/kit/browser/page.ts";
import { inboxTexts as texts } from "#texts/browser/approvals/inbox.ts";

/** As `/batch` takes them. */
const MOST = 50;

const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>("input[name=id][form=together]")];

/** Says how many are selected. */
export function showSelected(): void {
  const button = document.getElementById("review");
  if (!(button instanceof HTMLButtonElement)) return;
  const count = boxes().filter(({ checked }) => checked).length;
  button.textContent = texts.select.reviewTogether(count);
  button.disabled = count < 2;
  byId("selected").textContent = count === MOST ? texts.select.most(MOST) : count === 1 ? texts.select.another : "";
}

export function hearSelected(): void {
  if (document.getElementById("together") === null) return;
  byId("inbox").addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== "id") return;
    if (boxes().filter(({ checked }) => checked).length > MOST) target.checked = false;
    showSelected();
  });
  control("together", HTMLFormElement).addEventListener("reset", showSelected);
  // A browser that comes back to the page has kept what was selected.
  addEventListener("pageshow", showSelected);
  showSelected();
}
