/** Says of what passed with a notice that somebody has looked at it. */
import { byId, onChosen, tell, tellDone, whileBusy } from "#pages/kit/browser/page.ts";
import { anything, post } from "#pages/kit/browser/post.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { callsScriptTexts as texts } from "#texts/browser/calls.ts";

const notices = byId("notices");

/** What has the focus next is what comes next. */
function takeAway(notice: Element): void {
  const next = notice.nextElementSibling ?? notice.previousElementSibling;
  notice.remove();
  next?.querySelector<HTMLElement>("[data-fine]")?.focus({ preventScroll: true });
  notices.hidden = next === null;
  byId("nothing").hidden = next !== null;
}

onChosen(notices, "fine", (key, button) => {
  const path = key.split("/").map(encodeURIComponent).join("/");
  void whileBusy(button, async () => {
    tell("");
    const answer = await post(`/api/v1/notices/${path}/fine`, {}, anything);
    // What is not kept any more is not there to be looked at.
    if (!answer.ok && answer.refusal.code !== "not_found") return tell(answer.refusal.detail);
    const notice = button.closest("[data-notice]");
    const name = notice?.querySelector("h2")?.textContent ?? "";
    if (notice !== null) takeAway(notice);
    tellDone(answer.ok ? texts.page.lookedAt(name) : texts.page.notKept(name));
  });
});
