/** Revoking a grant. It only narrows, so that nothing is signed. */
import "#pages/kit/browser/signed-in-page.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { onChosen } from "#pages/kit/browser/page.ts";
import { remove } from "#pages/kit/browser/post.ts";
import { grantsScriptTexts } from "#texts/browser/grants.ts";

const texts = grantsScriptTexts.revoking;
const ask = confirmDialog();
const list = document.getElementById("grant-list");

if (list !== null) {
  onChosen(list, "revoke", (id, button) =>
    ask({
      title: texts.title(document.getElementById(`grant-${id}`)?.textContent ?? ""),
      text: texts.text,
      verb: texts.verb,
      async act() {
        const answer = await remove(`/api/v1/grants/${id}`);
        // Doing it again is as good: whoever heard nothing may press it once more.
        if (!answer.ok) return answer.refusal.detail;
        button.parentElement?.replaceChildren(texts.done);
        return "";
      },
    }),
  );
}
