/** `/account`: adding a passkey, which an admin confirms; naming and revoking one's own; ending one's sessions. */
import { object, text } from "#countersign/json/shape.ts";
import { base64url, hash } from "#countersign/documents/words.ts";
import { accept, refuse } from "#countersign/result.ts";
import type { Me } from "#api/people-data.ts";
import { ME_BLOCK_ID, meShape } from "#api/people-shapes.ts";
import "#pages/kit/browser/signed-in-page.ts";
import { readDataBlock } from "#pages/kit/browser/data-block.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, control, explainFields, onChosen, onSubmit, tell, tellDone, tellField } from "#pages/kit/browser/page.ts";
import { creationOptions, signalAccepted, tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { anything, get, type Problem, put, remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { show } from "#pages/kit/browser/view-dom.ts";
import { ownPasskeysView, ownSessionsView, stopTokenView } from "../account-view.ts";
import { bindStopToken } from "./people/stop-token.ts";
import { ONE_WAY_IN_LEFT, onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { makePasskey } from "./joining/make-passkey.ts";
import { ANOTHER_KEY, isOwnKey } from "./joining/own-key.ts";

const draft = object({ options: creationOptions, nonce: base64url(32) });
const finishShape = object({ fingerprint: hash, words: text(1) });

const read = readDataBlock(ME_BLOCK_ID, meShape);
if (!read.ok) throw new Error(read.refusal);
let me: Me = read.value;
const page = byId("account");
const ask = confirmDialog();

/** Reads and shows what the service has now; gives why that failed, null if it did not. */
async function refresh(): Promise<Problem | null> {
  const answer = await get("/api/v1/me", new AbortController().signal, meShape);
  if (!answer.ok) {
    // This very session was ended, or its passkey revoked.
    if (answer.refusal.code === "unauthorized") location.assign("/");
    return answer.refusal;
  }
  me = answer.value;
  showMe();
  return null;
}

function showMe(): void {
  show(onlyWayInView(me.roles.includes("admin"), me.admin_passkeys));
  show(ownPasskeysView(me));
  show(ownSessionsView(me));
  if (document.getElementById("stop-token") !== null) show(stopTokenView(me));
  const standing = me.passkeys.filter(({ revoked_at }) => revoked_at === null);
  signalAccepted(
    me.id,
    [...standing, ...me.waiting].map(({ credential_id }) => credential_id),
    location.hostname,
  );
}

/** Shows what the service has now, and says what was done; gives what to tell if it does not answer. */
async function done(what: string): Promise<string> {
  const problem = await refresh();
  if (problem !== null) return problem.detail;
  tellDone(what);
  return "";
}

/**
 * The same once something was asked for in a dialog: what to tell there if it was refused. `isDone`: whether `me` shows it, where the
 * answer was lost.
 */
async function outcomeOf(
  answer: Awaited<ReturnType<typeof remove>>,
  what: string,
  isDone: () => boolean,
  messageId = "confirm-message",
): Promise<string> {
  if (answer.ok) return done(what);
  const told = await toldOf(answer.refusal, async () => ((await refresh()) === null ? isDone() : null), messageId);
  if (told === null) tellDone(what);
  return told ?? "";
}

const isStanding = (credentialId: string): boolean =>
  me.waiting.some((one) => one.credential_id === credentialId) ||
  me.passkeys.some((one) => one.credential_id === credentialId && one.revoked_at === null);

/** Gives what to tell if no passkey was added, empty otherwise. */
async function add(name: string): Promise<string> {
  const last = name === "" ? {} : { name };
  const added = await makePasskey({
    path: "/account/passkeys",
    drafted: draft,
    members: {},
    last,
    stored: finishShape,
    async reread({ id }) {
      const problem = await refresh();
      return problem === null ? accept(me.waiting.find(({ credential_id }) => credential_id === id) ?? null) : refuse(problem);
    },
  });
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

const nameOf = (credentialId: string): string => me.passkeys.find((passkey) => passkey.credential_id === credentialId)?.name ?? "";

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
    if (!answer.ok && answer.refusal.isKnown) return explainFields(answer.refusal);
    return outcomeOf(answer, "Name saved.", () => nameOf(credentialId) === name, "rename-message");
  });
  onChosen(page, "rename", (credentialId) => {
    input.value = nameOf(credentialId);
    open(credentialId);
  });
}

function bindRevoke(): void {
  onChosen(page, "revoke", (credentialId) => {
    const waits = me.waiting.some((passkey) => passkey.credential_id === credentialId);
    const isAdmin = !waits && me.roles.includes("admin");
    const isLast = !waits && me.passkeys.filter(({ revoked_at }) => revoked_at === null).length === 1;
    ask({
      title: waits ? "Discard the waiting passkey" : "Revoke this passkey",
      text: waits
        ? "It was never confirmed and opens nothing."
        : `It stops working at once: whoever is signed in with it is signed out, and what it signed of pending requests no longer counts. This cannot be undone.${
            isLast ? " It is your only one: without it you cannot sign in until an admin invites you again." : ""
          }${isAdmin && me.admin_passkeys === 2 ? ` ${ONE_WAY_IN_LEFT}` : ""}`,
      verb: waits ? "Discard passkey" : "Revoke passkey",
      act: async () =>
        outcomeOf(
          await remove(`/api/v1/people/${me.id}/passkeys/${credentialId}`),
          waits ? "Passkey discarded." : "Passkey revoked.",
          () => !isStanding(credentialId),
        ),
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
      act: async () =>
        outcomeOf(await remove(`/api/v1/me/sessions/${id}`), "Session ended.", () => !me.sessions.some((session) => session.id === id)),
    });
  });
  onChosen(page, "end-others", () => {
    ask({
      title: "Sign out everywhere else",
      text: "Every session of yours but this one ends at once.",
      verb: "Sign out elsewhere",
      act: async () => outcomeOf(await remove("/api/v1/me/sessions"), "Signed out everywhere else.", () => me.sessions.length <= 1),
    });
  });
}

showMe();
bindAdd();
bindRename();
bindRevoke();
bindSessions();
bindStopToken(page, ask, refresh, done);
tellOfPasskeys();
