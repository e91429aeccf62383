/** Taking back a signature that waits for another admin's, wherever it is shown. */
import type { Question } from "#pages/kit/browser/dialogs.ts";

/** What is asked before it is done; `removing` deletes what is at the path and gives what to tell if that did not succeed. */
export const takingBack = (operation: string, removing: (path: string) => Promise<string>): Question => ({
  title: "Take back your signature",
  text: "It no longer counts, and what you signed for needs its signatures again. You can sign again later.",
  verb: "Take back signature",
  act: () => removing(`/api/v1/signatures/${operation}`),
});
