/** Finding the served elements of a page, hearing what is done with them, and telling people what happened. */
import type { Problem } from "./post.ts";

/** The element with this id. A page without it was not made by the server's half of the script that asks. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element #${id}`);
  return found;
}

/** The element with this id, of this kind. */
export function control<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = byId(id);
  if (!(found instanceof kind)) throw new Error(`#${id} is another kind of element`);
  return found;
}

/** Runs `work` at every click. */
export const onClick = (target: HTMLElement, work: () => Promise<void>): void => target.addEventListener("click", () => void work());

/**
 * Calls `work` with the key of each button `data-<kind>` inside `place` that is clicked (choiceView of kit/row-view.ts), and with the
 * button. Heard above the lists, because lists are made anew.
 */
export function onChosen(place: HTMLElement, kind: string, work: (key: string, button: HTMLElement) => void): void {
  place.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>(`[data-${kind}]`) : null;
    if (button !== null) work(button.getAttribute(`data-${kind}`) ?? "", button);
  });
}

/** Does `work`, one at a time; the button says that it is busy meanwhile. */
export async function whileBusy(button: Element | null, work: () => Promise<void>): Promise<void> {
  if (button?.getAttribute("aria-busy") === "true") return;
  button?.setAttribute("aria-busy", "true");
  await work();
  button?.removeAttribute("aria-busy");
}

/** Runs `work` when the form is sent, its button busy meanwhile. */
export function onSubmit(form: HTMLFormElement, work: () => Promise<void>): void {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(button, work);
  });
}

/** Says `text` in a message of the page; empty takes it back. */
export function tell(text: string, id = "message"): void {
  const message = byId(id);
  message.textContent = text;
  message.hidden = text === "";
}

/** Says what is wrong beside the field of this name; empty takes it back. False if there is no such field. */
export function tellField(name: string, text: string): boolean {
  const field = document.getElementById(name);
  const error = document.getElementById(`${name}-error`);
  if (field === null || error === null) return false;
  error.textContent = text;
  error.hidden = text === "";
  field.toggleAttribute("aria-invalid", false);
  if (text !== "") field.setAttribute("aria-invalid", "true");
  return true;
}

/** Says beside each field what the server found wrong with it; gives what is left to tell. `idOf`: of the field that the server means. */
export function explainFields(problem: Problem, idOf: (field: string) => string = (field) => field): string {
  const unplaced = problem.errors.filter(({ field, message }) => !tellField(idOf(field), message));
  if (problem.errors.length === 0) return problem.detail;
  return unplaced.map(({ field, message }) => `${field}: ${message}`).join(" ");
}

/** Says what was done, where a screen reader hears it. What had the focus may be gone with what was done. */
export function tellDone(text: string): void {
  const done = byId("done");
  done.textContent = text;
  if (document.activeElement === document.body) done.focus({ preventScroll: true });
}

/** Resolves when somebody can see the page, at once if they can. */
export const untilVisible = (): Promise<void> =>
  new Promise((resolve) => {
    const check = (): void => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", check);
      resolve();
    };
    document.addEventListener("visibilitychange", check);
    check();
  });

/** An element of a page that is made by its script alone. */
export function made<Name extends keyof HTMLElementTagNameMap>(name: Name, text: string, more: Partial<HTMLElementTagNameMap[Name]> = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...more });
}
