/** Asking before something is done: the dialogs of kit/dialogs.tsx. */
import { byId, control, onClick, onSubmit, tell, whileBusy } from "./page.ts";

export interface Question {
  title: string;
  text: string;
  /** The name of the button that does it. */
  verb: string;
  /** Does it, and gives what to tell if that did not succeed, empty otherwise. */
  act: () => Promise<string>;
}

/** The dialog with this id, and what opens it with nothing told in it. */
function dialogOf(id: string): { close: () => void; open: () => void } {
  const dialog = control(id, HTMLDialogElement);
  byId(`${id}-keep`).addEventListener("click", () => dialog.close());
  return {
    close: () => dialog.close(),
    open() {
      tell("", `${id}-message`);
      dialog.showModal();
    },
  };
}

/** Makes the dialog that only asks work; gives what opens it with a question. */
export function confirmDialog(): (question: Question) => void {
  const dialog = dialogOf("confirm");
  let asked: Question | null = null;
  const button = byId("confirm-do");
  const act = async (): Promise<void> => {
    const told = (await asked?.act()) ?? "";
    if (told === "") dialog.close();
    else tell(told, "confirm-message");
  };
  onClick(button, () => whileBusy(button, act));
  return (question) => {
    asked = question;
    byId("confirm-title").textContent = question.title;
    byId("confirm-text").textContent = question.text;
    byId("confirm-do").textContent = question.verb;
    dialog.open();
  };
}

/**
 * Makes the form dialog with this id work; gives what opens it for the one that `key` names. `send` gives what to tell; empty closes
 * the dialog, null leaves it open where a field says what is wrong.
 */
export function formDialog(id: string, send: (key: string) => Promise<string | null>): (key: string) => void {
  const dialog = dialogOf(id);
  let chosen = "";
  onSubmit(control(`${id}-form`, HTMLFormElement), async () => {
    const told = await send(chosen);
    if (told === "") dialog.close();
    else if (told !== null) tell(told, `${id}-message`);
  });
  return (key) => {
    chosen = key;
    dialog.open();
  };
}
