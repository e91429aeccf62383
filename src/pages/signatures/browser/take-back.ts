/** Taking back a signature that waits for another admin's, wherever it is shown. */
import type { Question } from "#pages/kit/browser/dialogs.ts";
import { signaturesTexts as texts } from "#texts/browser/signatures.ts";

/** What is asked before it is done; `removing` deletes what is at the path and gives what to tell if that did not succeed. */
export const takingBack = (operation: string, removing: (path: string) => Promise<string>): Question => ({
  title: texts.takeBack.title,
  text: texts.takeBack.text,
  verb: texts.takeBack.verb,
  act: () => removing(`/api/v1/signatures/${operation}`),
});
