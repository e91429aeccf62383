/** `/account`: adding a passkey, which an admin confirms; naming and revoking one's own; ending one's sessions. */
import { object, text } from "#countersign/json/shape.ts";
import { base64url, hash } from "#countersign/documents/words.ts";
import type { Me } from "#api/people-data.ts";
import { ME_BLOCK_ID, meShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellDone, tellField } from "#pages/kit/browser/page.ts";
import { creationOptions, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { anything, get, put, remove } from "#pages/kit/browser/post.ts";
import { show } from "#pages/kit/browser/view-dom.ts";
import { ownPasskeysView, ownSessionsView } from "../account-view.ts";
import { makePasskey } from "./joining/make-passkey.ts";
import { ANOTHER_KEY, isOwnKey } from "./joining/own-key.ts";

const draft = object({ options: creationOptions, nonce: base64url(32) });
const finishShape = object({ fingerprint: hash, words: text(1) });

const read = readDataBlock(ME_BLOCK_ID, meShape);
if (!read.ok) throw new Error(read.refusal);
let me: Me = read.value;
const page = byId("account");
const ask = confirmDialog();

/** Shows what the service knows now, and says what was done; gives what to tell if it does not answer. */
async function done(what: string): Promise<string> {
  const answer = await get("/api/v1/me", new AbortController().signal, meShape);
  if (!answer.ok) {
    // This very session was ended, or its passkey revoked.
    if (answer.refusal.code === "unauthorized") location.assign("/");
    return answer.refusal.detail;
  }
  me = answer.value;
  show(ownPasskeysView(me));
  show(ownSessionsView(me));
  tellDone(what);
  return "";
}

/** The same once something was asked for: what to tell if it was refused. */
const outcomeOf = (answer: Awaited<ReturnType<typeof remove>>, what: string): Promise<string> | string =>
  answer.ok ? done(what) : answer.refusal.detail;

/** Gives what to tell if no passkey was added, empty otherwise. */
async function add(name: string): Promise<string> {
  const last = name === "" ? {} : { name };
  const added = await makePasskey({ path: "/account/passkeys", drafted: draft, members: {}, last, stored: finishShape });
  if (!added.ok) return added.refusal;
  const { made, stored } = added.value;
  if (!isOwnKey(made, stored)) return ANOTHER_KEY;
  const told = await done("Passkey added. It waits for an admin: read its digits to one.");
  document.querySelector(`[data-waiting="${CSS.escape(made.id)}"]`)?.scrollIntoView({ block: "nearest" });
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

function bindRename(): void {
  const input = control("passkey-name", HTMLInputElement);
  const open = formDialog("rename", async (credentialId) => {
    const name = input.value.trim();
    tellField("passkey-name", name === "" ? "Enter a name." : "");
    if (name === "") {
      input.focus();
      return null;
    }
    const answer = await put(`/account/passkeys/${credentialId}`, { name }, anything);
    return answer.ok ? done("Name saved.") : explainFields(answer.refusal);
  });
  onChosen(page, "rename", (credentialId) => {
    input.value = me.passkeys.find((passkey) => passkey.credential_id === credentialId)?.name ?? "";
    open(credentialId);
  });
}

function bindRevoke(): void {
  onChosen(page, "revoke", (credentialId) => {
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
      act: async () =>
        outcomeOf(await remove(`/api/v1/people/${me.id}/passkeys/${credentialId}`), waits ? "Passkey discarded." : "Passkey revoked."),
    });
  });
}

function bindSessions(): void {
  onChosen(page, "end", (id) => {
    const isThis = me.sessions.some((session) => session.id === id && session.current);
    ask({
      title: "End this session",
      text: isThis ? "It is the one that you use now: you are signed out." : "Whoever uses it is signed out at once.",
      verb: "End session",
      act: async () => outcomeOf(await remove(`/api/v1/me/sessions/${id}`), "Session ended."),
    });
  });
  onChosen(page, "end-others", () => {
    ask({
      title: "Sign out everywhere else",
      text: "Every session of yours but this one ends at once.",
      verb: "Sign out elsewhere",
      act: async () => outcomeOf(await remove("/api/v1/me/sessions"), "Signed out everywhere else."),
    });
  });
}

bindAdd();
bindRename();
bindRevoke();
bindSessions();
tellOfPasskeys();
