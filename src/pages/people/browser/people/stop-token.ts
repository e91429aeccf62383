/** The stop token on `/account`: making one, which is shown once, and revoking it. */
import { object, text } from "#countersign/json/shape.ts";
import { time } from "#countersign/documents/words.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { byId, onChosen, tell, whileBusy } from "#pages/kit/browser/page.ts";
import { post, type Problem, remove } from "#pages/kit/browser/post.ts";
import type { Question } from "#pages/kit/browser/dialogs.ts";
import { accountScriptTexts as texts } from "#texts/browser/account.ts";

const made = object({ token: text(1), created_at: time });

/** Makes its buttons work. `refresh` shows what the service has now; `done` says besides what was done, and gives what to tell if that failed. */
export function bindStopToken(
  page: HTMLElement,
  ask: (question: Question) => void,
  refresh: () => Promise<Problem | null>,
  done: (what: string) => Promise<string>,
): void {
  // Whoever may not have one has no place for it.
  if (document.getElementById("stop-token") === null) return;
  bindCopy();
  onChosen(page, "make-stop-token", (_, button) => void whileBusy(button, make));
  onChosen(page, "end-stop-token", () =>
    ask({
      title: texts.stopToken.revoke,
      text: texts.stopToken.revokingText,
      verb: texts.stopToken.revokeVerb,
      async act() {
        const answer = await remove("/account/stop-token");
        if (!answer.ok) return answer.refusal.detail;
        byId("made-token").hidden = true;
        return done(texts.stopToken.revoked);
      },
    }),
  );

  async function make(): Promise<void> {
    tell("");
    const answer = await post("/account/stop-token", {}, made);
    if (!answer.ok) return tell(answer.refusal.detail);
    byId("token").textContent = answer.value.token;
    byId("made-token").hidden = false;
    await refresh();
    byId("made-token").focus();
  }
}
