/** Finding the served elements of a page, and telling people what happened. */

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

/** Runs `work` when the form is sent, one at a time; its button says that it is busy meanwhile. */
export function onSubmit(form: HTMLFormElement, work: () => Promise<void>): void {
  const button = form.querySelector("button[type=submit]");
  const send = async (): Promise<void> => {
    if (button?.getAttribute("aria-busy") === "true") return;
    button?.setAttribute("aria-busy", "true");
    await work();
    button?.removeAttribute("aria-busy");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
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
