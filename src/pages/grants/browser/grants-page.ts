/** Revoking a grant. It only narrows, so that nothing is signed. */
import "#pages/kit/browser/signed-in-page.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { onChosen } from "#pages/kit/browser/page.ts";
import { remove } from "#pages/kit/browser/post.ts";

const ask = confirmDialog();
const list = document.getElementById("grant-list");

if (list !== null) {
  onChosen(list, "revoke", (id, button) =>
    ask({
      title: `Revoke the grant for ${document.getElementById(`grant-${id}`)?.textContent ?? ""}`,
      text: "It lets nothing pass any more, and what it let pass and was not used serves for nothing. People are asked again. This cannot be undone.",
      verb: "Revoke grant",
      async act() {
        const answer = await remove(`/api/v1/grants/${id}`);
        // Doing it again is as good: whoever heard nothing may press it once more.
        if (!answer.ok) return answer.refusal.detail;
        button.parentElement?.replaceChildren("Revoked just now");
        return "";
      },
    }),
  );
}
