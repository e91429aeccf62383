/** `/account`: adding a passkey, which an admin confirms; naming and revoking one's own. */
import { object, text } from "#countersign/json/shape.ts";
import { base64url, hash } from "#countersign/documents/words.ts";
import { ownPasskeysView } from "../account-view.ts";
import type { Me } from "#api/people-data.ts";
import { ME_BLOCK_ID, meShape } from "#api/people-shapes.ts";
import { confirmDialog } from "#pages/kit/browser/ask-to-confirm.ts";
import { readDataBlock } from "#pages/kit/browser/read-data-block.ts";
import { explainFields } from "#pages/kit/browser/introduction.ts";
import { ANOTHER_KEY, isOwnKey } from "#pages/kit/browser/new-passkey.ts";
import { byId, control, onSubmit, tell, tellField } from "#pages/kit/browser/page.ts";
import { browserSupportsWebAuthn, creationOptions, NO_PASSKEYS, registerWith } from "#pages/kit/browser/passkey.ts";
import { anything, get, post, put, remove } from "#pages/kit/browser/post.ts";
import { bindSignOut } from "#pages/kit/browser/sign-out.ts";
import { isShown, toDom } from "#pages/kit/browser/view-dom.ts";

const optionsShape = object({ options: creationOptions, nonce: base64url(32) });
const finishShape = object({ fingerprint: hash, words: text(1) });

const read = readDataBlock(ME_BLOCK_ID, meShape);
if (!read.ok) throw new Error(read.refusal);
let me: Me = read.value;
const ask = confirmDialog();

/** Shows what the service knows now, and says what was done; gives what to tell if it does not answer. */
async function done(what: string): Promise<string> {
  const answer = await get("/api/v1/me", new AbortController().signal, meShape);
  if (!answer.ok) {
    // The passkey of this very session was revoked.
    if (answer.refusal.code === "unauthorized") location.assign("/");
    return answer.refusal.detail;
  }
  me = answer.value;
  const view = ownPasskeysView(me);
  if (!isShown(view)) byId("passkeys").replaceWith(toDom(view));
  byId("done").textContent = what;
  if (document.activeElement === document.body) byId("done").focus({ preventScroll: true });
  return "";
}

/** Gives what to tell if no passkey was added, empty otherwise. */
async function add(name: string): Promise<string> {
  const begun = await post("/account/passkeys/options", {}, optionsShape);
  if (!begun.ok) return explainFields(begun.refusal);
  const made = await registerWith(begun.value.options);
  if (!made.ok) return made.refusal;
  const body = { nonce: begun.value.nonce, response: made.value, ...(name === "" ? {} : { name }) };
  const finished = await post("/account/passkeys/finish", body, finishShape);
  if (!finished.ok) return explainFields(finished.refusal);
  if (!isOwnKey(made.value, finished.value)) return ANOTHER_KEY;
  const told = await done("Passkey added. It waits for an admin: read its digits to one.");
  document.querySelector(`[data-waiting="${CSS.escape(made.value.id)}"]`)?.scrollIntoView({ block: "nearest" });
  return told;
}

function bindAdd(): void {
  const form = control("add", HTMLFormElement);
  onSubmit(form, async () => {
    tell("");
    tellField("name", "");
    const told = await add(control("name", HTMLInputElement).value.trim());
    tell(told);
    if (told === "") form.reset();
  });
}

/** Hears clicks on buttons with `data-<kind>` of the list, which is made anew. */
function onList(kind: string, work: (credentialId: string) => void): void {
  byId("account").addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest(`[data-${kind}]`) : null;
    if (button !== null) work(button.getAttribute(`data-${kind}`) ?? "");
  });
}

function bindRename(): void {
  const dialog = control("rename", HTMLDialogElement);
  const input = control("passkey-name", HTMLInputElement);
  let chosen = "";
  onList("rename", (credentialId) => {
    chosen = credentialId;
    input.value = me.passkeys.find((passkey) => passkey.credential_id === chosen)?.name ?? "";
    tell("", "rename-message");
    dialog.showModal();
  });
  byId("rename-keep").addEventListener("click", () => dialog.close());
  onSubmit(control("rename-form", HTMLFormElement), async () => {
    const name = input.value.trim();
    tellField("passkey-name", name === "" ? "Enter a name." : "");
    if (name === "") return input.focus();
    const answer = await put(`/account/passkeys/${chosen}`, { name }, anything);
    const told = answer.ok ? await done("Name saved.") : explainFields(answer.refusal);
    tell(told, "rename-message");
    if (told === "") dialog.close();
  });
}

function bindRevoke(): void {
  onList("revoke", (credentialId) => {
    const waits = me.waiting.some((passkey) => passkey.credential_id === credentialId);
    const isLast = !waits && me.passkeys.filter(({ revoked_at }) => revoked_at === null).length === 1;
    ask({
      title: waits ? "Discard the waiting passkey" : "Revoke this passkey",
      text: waits
        ? "It was never confirmed and opens nothing."
        : `It stops working at once: whoever is signed in with it is signed out, and what it signed of pending requests no longer counts. This cannot be undone.${
            isLast ? " It is your only one: without it you cannot sign in until an admin invites you again." : ""
          }`,
      verb: waits ? "Discard passkey" : "Revoke passkey",
      async act() {
        const answer = await remove(`/api/v1/people/${me.id}/passkeys/${credentialId}`);
        return answer.ok ? done(waits ? "Passkey discarded." : "Passkey revoked.") : answer.refusal.detail;
      },
    });
  });
}

bindSignOut();
bindAdd();
bindRename();
bindRevoke();
if (!browserSupportsWebAuthn()) tell(NO_PASSKEYS);
