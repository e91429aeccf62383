/** Signing in with a passkey, then on to the page that was asked for. */
import { object } from "#countersign/json/shape.ts";
import { base64url } from "#countersign/documents/words.ts";
import { localPath } from "#pages/kit/local-path.ts";
import { control, onSubmit, tell } from "#pages/kit/browser/page.ts";
import { assertWith, requestOptions, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { anything, post } from "#pages/kit/browser/post.ts";

const optionsShape = object({ options: requestOptions, nonce: base64url(32) });

/** Gives what to tell if it did not succeed, empty otherwise. */
async function signIn(): Promise<string> {
  const begun = await post("/sign-in/options", {}, optionsShape);
  if (!begun.ok) return begun.refusal.detail;
  const answered = await assertWith(begun.value.options);
  if (!answered.ok) return answered.refusal;
  const finished = await post("/sign-in/finish", { nonce: begun.value.nonce, response: answered.value }, anything);
  return finished.ok ? "" : finished.refusal.detail;
}

const form = control("sign-in", HTMLFormElement);

onSubmit(form, async () => {
  tell("");
  const told = await signIn();
  if (told === "") location.assign(localPath(form.dataset["next"] ?? "/"));
  else tell(told);
});
tellOfPasskeys();
