/** An invited person makes a passkey, which then waits for an admin. */
import { object, text } from "#countersign/json/shape.ts";
import { hash } from "#countersign/documents/words.ts";
import { bindIntroduction, newcomerDraft } from "./joining/introduction.ts";
import { keepPasskey } from "./joining/kept-passkey.ts";
import { makePasskey } from "./joining/make-passkey.ts";
import { ANOTHER_KEY, isOwnKey } from "./joining/own-key.ts";

const INCOMPLETE = "This link is incomplete. Open the whole link that you were sent, with everything after the #.";

const finishShape = object({ fingerprint: hash, words: text(1), next: text(1) });

bindIntroduction("enrol", INCOMPLETE, async (code, entered) => {
  const enrolled = await makePasskey({ path: "/enrol", drafted: newcomerDraft, members: { code, ...entered }, stored: finishShape });
  if (!enrolled.ok) return { told: enrolled.refusal };
  const { made, stored } = enrolled.value;
  if (!isOwnKey(made, stored)) return { told: ANOTHER_KEY };
  keepPasskey({ username: entered.username, fingerprint: stored.fingerprint });
  return stored;
});
