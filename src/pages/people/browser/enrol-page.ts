/** An invited person makes a passkey: the code leaves the address at once; afterwards the passkey waits for an admin. */
import { object, text } from "#countersign/json/shape.ts";
import { base64url, hash, personId } from "#countersign/documents/words.ts";
import { localPath } from "#pages/kit/local-path.ts";
import { explainFields, type Introduction, readIntroduction, takeFragment } from "#pages/kit/browser/introduction.ts";
import { keepPasskey } from "./enrol/kept-passkey.ts";
import { ANOTHER_KEY, isOwnKey } from "#pages/kit/browser/new-passkey.ts";
import { control, onSubmit, tell } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, creationOptions, NO_PASSKEYS, registerWith } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";

const INCOMPLETE = "This link is incomplete. Open the whole link that you were sent, with everything after the #.";

const optionsShape = object({ options: creationOptions, nonce: base64url(32), person: personId });
const finishShape = object({ fingerprint: hash, words: text(1), next: text(1) });

const code = takeFragment();

/** Gives where to go next, or what to tell. */
async function enrol(entered: Introduction): Promise<{ next: string } | { told: string }> {
  const begun = await post("/enrol/options", { code, ...entered }, optionsShape);
  if (!begun.ok) return { told: explainFields(begun.refusal) };
  const { options, nonce, person } = begun.value;
  const made = await registerWith(options);
  if (!made.ok) return { told: made.refusal };
  const finished = await post("/enrol/finish", { code, ...entered, nonce, person, response: made.value }, finishShape);
  if (!finished.ok) return { told: explainFields(finished.refusal) };
  if (!isOwnKey(made.value, finished.value)) return { told: ANOTHER_KEY };
  keepPasskey({ username: entered.username, fingerprint: finished.value.fingerprint });
  return finished.value;
}

onSubmit(control("enrol", HTMLFormElement), async () => {
  tell("");
  const entered = readIntroduction();
  if (entered === null) return;
  if (code === "") return tell(INCOMPLETE);
  const outcome = await enrol(entered);
  if ("next" in outcome) location.assign(localPath(outcome.next));
  else tell(outcome.told);
});
if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
else if (code === "") tell(INCOMPLETE);
