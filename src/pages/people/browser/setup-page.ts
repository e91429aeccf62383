/** The first person enrols, and is signed in. */
import { object, text } from "#countersign/json/shape.ts";
import { bindIntroduction, newcomerDraft } from "./joining/introduction.ts";
import { makePasskey } from "./joining/make-passkey.ts";

const INCOMPLETE = "This link is incomplete. Open the whole link that was printed when the service started, with everything after the #.";

const finishShape = object({ next: text(1) });

bindIntroduction("setup", INCOMPLETE, async (token, entered) => {
  const enrolled = await makePasskey({ path: "/setup", drafted: newcomerDraft, members: { token, ...entered }, stored: finishShape });
  return enrolled.ok ? enrolled.value.stored : { told: enrolled.refusal };
});
