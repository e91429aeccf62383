/** Saves what is looked for under a name, and forgets it again. */
import "#pages/kit/browser/signed-in-page.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellDone, tellField, whileBusy } from "#pages/kit/browser/page.ts";
import { anything, put, remove } from "#pages/kit/browser/post.ts";
import { auditScriptTexts as texts } from "#texts/browser/audit.ts";

const pathOf = (name: string): string => `/api/v1/audit/filters/${encodeURIComponent(name)}`;

onChosen(byId("saved"), "forget", (name, button) => {
  void whileBusy(button, async () => {
    tell("");
    const answer = await remove(pathOf(name));
    if (!answer.ok) return tell(answer.refusal.detail);
    button.closest("li")?.remove();
    byId("no-saved").hidden = byId("saved").childElementCount > 0;
    tellDone(texts.forgotten(name));
  });
});

const form = document.getElementById("save");
if (form instanceof HTMLFormElement) {
  const field = control("name", HTMLInputElement);
  onSubmit(form, async () => {
    tell("");
    tellField("name", "");
    const name = field.value.trim();
    if (name === "") return void tellField("name", texts.enterName);
    const filter = Object.fromEntries([...new URLSearchParams(location.search)].filter(([key, value]) => key !== "cursor" && value !== ""));
    const answer = await put(pathOf(name), { filter }, anything);
    if (!answer.ok) return tell(explainFields(answer.refusal));
    // The list is the server's to make; where it is looked at is where it stays.
    sessionStorage.setItem("saved-filter", name);
    location.reload();
  });
}

const saved = sessionStorage.getItem("saved-filter");
if (saved !== null) {
  sessionStorage.removeItem("saved-filter");
  tellDone(texts.saved(saved));
}
