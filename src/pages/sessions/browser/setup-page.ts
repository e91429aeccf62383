/** The first person enrols: the token leaves the address at once, then username, display name and a new passkey. */
import { object, text } from "#countersign/json/shape.ts";
import { base64url, personId } from "#countersign/documents/words.ts";
import { localPath } from "#pages/kit/local-path.ts";
import { explainFields, type Introduction, readIntroduction, takeFragment } from "#pages/kit/browser/introduction.ts";
import { control, onSubmit, tell } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, creationOptions, NO_PASSKEYS, registerWith } from "#pages/kit/browser/passkey.ts";
import { post } from "#pages/kit/browser/post.ts";

const INCOMPLETE = "This link is incomplete. Open the whole link that was printed when the service started, with everything after the #.";

const optionsShape = object({ options: creationOptions, nonce: base64url(32), person: personId });
const finishShape = object({ next: text(1) });

const token = takeFragment();

/** Gives where to go next, or what to tell. */
async function enrol(entered: Introduction): Promise<{ next: string } | { told: string }> {
  const begun = await post("/setup/options", { token, ...entered }, optionsShape);
  if (!begun.ok) return { told: explainFields(begun.refusal) };
  const { options, nonce, person } = begun.value;
  const made = await registerWith(options);
  if (!made.ok) return { told: made.refusal };
  const finished = await post("/setup/finish", { token, ...entered, nonce, person, response: made.value }, finishShape);
  return finished.ok ? finished.value : { told: explainFields(finished.refusal) };
}

onSubmit(control("setup", HTMLFormElement), async () => {
  tell("");
  const entered = readIntroduction();
  if (entered === null) return;
  if (token === "") return tell(INCOMPLETE);
  const outcome = await enrol(entered);
  if ("next" in outcome) location.assign(localPath(outcome.next));
  else tell(outcome.told);
});
if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
else if (token === "") tell(INCOMPLETE);
