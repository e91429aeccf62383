/** The first person enrols, and is signed in. */
import { object, text } from "#countersign/json/shape.ts";
import { accept, refuse } from "#countersign/result.ts";
import { UNREADABLE } from "#pages/kit/browser/post.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";
import { bindIntroduction, newcomerDraft } from "./joining/introduction.ts";
import { makePasskey } from "./joining/make-passkey.ts";

const finishShape = object({ next: text(1) });

/** Where the answer was lost: this page is closed (410) once somebody is enrolled, and signing in shows whether it was this person. */
async function reread(): ReturnType<Parameters<typeof makePasskey<{ next: string }>>[0]["reread"]> {
  const page = await fetch("/setup", { cache: "no-store", redirect: "error" }).catch(() => null);
  if (page?.status === 410) return accept({ next: "/" });
  return page?.ok ? accept(null) : refuse(UNREADABLE);
}

bindIntroduction("setup", texts.setupIncomplete, async (token, entered) => {
  const members = { token, ...entered };
  const enrolled = await makePasskey({ path: "/setup", drafted: newcomerDraft, members, stored: finishShape, reread });
  return enrolled.ok ? enrolled.value.stored : { told: enrolled.refusal };
});
