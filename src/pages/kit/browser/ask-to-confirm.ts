/** Asking first: the dialog of confirm-dialog.tsx. */
import { byId, control, onClick, tell } from "./page.ts";

export interface Question {
  title: string;
  text: string;
  /** The name of the button that does it. */
  verb: string;
  /** Does it, and gives what to tell if that did not succeed, empty otherwise. */
  act: () => Promise<string>;
}

/** Makes the dialog work; gives what opens it with a question. */
export function confirmDialog(): (question: Question) => void {
  const dialog = control("confirm", HTMLDialogElement);
  let asked: Question | null = null;
  byId("confirm-keep").addEventListener("click", () => dialog.close());
  onClick(byId("confirm-do"), async () => {
    const told = (await asked?.act()) ?? "";
    if (told === "") dialog.close();
    else tell(told, "confirm-message");
  });
  return (question) => {
    asked = question;
    byId("confirm-title").textContent = question.title;
    byId("confirm-text").textContent = question.text;
    byId("confirm-do").textContent = question.verb;
    tell("", "confirm-message");
    dialog.showModal();
  };
}
