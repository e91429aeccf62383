/** `/admin/erasure/<person id>`: asks once more, signs for just the person whom the page shows, and says what came of it. */
import { count, personId } from "#countersign/documents/words.ts";
import { isObject, object, type Shape } from "#countersign/json/shape.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { confirmDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, tell, tellDone } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";
import { authorise } from "#pages/signatures/browser/admin-signature.ts";
import { erasureScriptTexts as texts } from "#texts/browser/erasure.ts";

const erased = object({ person: object({ id: personId }) });
const counted = object({ signatures: count, required: count });
/** How many have signed so far; null once it is done. */
const progress: Shape<{ signatures: number; required: number } | null> = (value, path) =>
  isObject(value) && "signatures" in value ? counted(value, path) : null;

const { admin = "", person = "", username = "" } = byId("erasure").dataset;
const button = byId("erase");
const ask = confirmDialog();

/** Gives what to tell if nobody was erased. */
async function erase(): Promise<string> {
  const authorised = await authorise({
    path: "/admin/people/erasure/statement",
    body: { person },
    operation: "person.erased",
    parameters: erased,
    isShown: (signed) => signed.person.id === person,
    admin,
  });
  if (!authorised.ok) return authorised.refusal;
  const answer = await post(`/api/v1/people/${person}/erasure`, { authorisation: authorised.value }, progress);
  if (!answer.ok) return answer.refusal.detail;
  if (answer.value === null) button.hidden = true;
  tellDone(answer.value === null ? texts.done : texts.awaits(answer.value.signatures, answer.value.required));
  return "";
}

button.addEventListener("click", () => {
  tell("");
  ask({ title: texts.title(username), text: texts.text, verb: texts.verb, act: erase });
});
tellOfPasskeys();
