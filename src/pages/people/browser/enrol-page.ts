/** An invited person makes a passkey, which then waits for an admin. */
import { object, text } from "#countersign/json/shape.ts";
import { hash } from "#countersign/documents/words.ts";
import { accept } from "#countersign/result.ts";
import { type InviteTerms, readTerms } from "#api/invite-link.ts";
import { byId, control } from "#pages/kit/browser/page.ts";
import { toDom } from "#pages/kit/browser/view-dom.ts";
import { joiningScriptTexts as texts } from "#texts/browser/joining.ts";
import { invitationView } from "../joining/invitation-view.ts";
import { bindIntroduction, newcomerDraft } from "./joining/introduction.ts";
import { type RememberedPasskey, keepPasskey } from "./joining/kept-passkey.ts";
import { makePasskey } from "./joining/make-passkey.ts";
import { askHowItStands, showWaiting } from "./joining/new-passkey.ts";
import { isOwnKey } from "./joining/own-key.ts";

const finishShape = object({ fingerprint: hash, words: text(1), next: text(1) });

/** Fills a field with what the invitation lays down. Whether it may be changed is the service's to say. */
function fill(name: "username" | "display_name", value: string): void {
  if (value !== "") control(name, HTMLInputElement).value = value;
}

function showTerms(terms: InviteTerms | null): void {
  if (terms === null) return;
  fill("username", terms.username);
  fill("display_name", terms.displayName);
  byId("invitation").replaceChildren(toDom(invitationView(terms)));
  byId("invitation").hidden = false;
}

/** Shows the digits here, where the browser keeps nothing for the page that waits. */
function waitHere(kept: RememberedPasskey): void {
  byId("joining").hidden = true;
  byId("made").hidden = false;
  showWaiting(kept);
}

const fragment = bindIntroduction("enrol", texts.inviteIncomplete, async (code, entered) => {
  const enrolled = await makePasskey({
    path: "/enrol",
    drafted: newcomerDraft,
    members: { code, ...entered },
    stored: finishShape,
    async reread({ id }) {
      const now = await askHowItStands({ code, credential_id: id });
      if (!now.ok) return now;
      if (now.value.state !== "waiting") return accept(null);
      const { fingerprint, words } = now.value;
      return accept({ fingerprint, words, next: "/enrol/waiting" });
    },
  });
  if (!enrolled.ok) return { told: enrolled.refusal };
  const { made, stored } = enrolled.value;
  if (!isOwnKey(made, stored)) return { told: texts.anotherKey };
  const kept = { username: entered.username, fingerprint: stored.fingerprint, code, credential_id: made.id };
  if (keepPasskey(kept)) return stored;
  waitHere(kept);
  return { told: "" };
});
showTerms(readTerms(fragment));
