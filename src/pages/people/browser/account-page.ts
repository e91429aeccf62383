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
import { accountScriptTexts as texts } from "#texts/browser/account.ts";
import { joiningScriptTexts } from "#texts/browser/joining.ts";
import { sessionsScriptTexts } from "#texts/browser/sessions.ts";
import { ONE_WAY_IN_LEFT, onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { makePasskey } from "./joining/make-passkey.ts";
import { isOwnKey } from "./joining/own-key.ts";

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
  if (!isOwnKey(made, stored)) return joiningScriptTexts.anotherKey;
  const told = await done(texts.added);
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
    tellField("passkey-name", name === "" ? texts.enterName : "");
    if (name === "") {
      input.focus();
      return null;
    }
    const answer = await put(`/account/passkeys/${credentialId}`, { name }, anything);
    if (!answer.ok && answer.refusal.isKnown) return explainFields(answer.refusal);
    return outcomeOf(answer, texts.nameSaved, () => nameOf(credentialId) === name, "rename-message");
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
      title: waits ? texts.discarding.title : texts.revoking.title,
      text: waits
        ? texts.discarding.text
        : `${texts.revoking.text(isLast)}${isAdmin && me.admin_passkeys === 2 ? ` ${ONE_WAY_IN_LEFT}` : ""}`,
      verb: waits ? texts.discarding.verb : texts.revoking.verb,
      act: async () =>
        outcomeOf(
          await remove(`/api/v1/people/${me.id}/passkeys/${credentialId}`),
          waits ? texts.discarding.done : texts.revoking.done,
          () => !isStanding(credentialId),
        ),
    });
  });
}

function bindSessions(): void {
  onChosen(page, "end", (id) => {
    const isThis = me.sessions.some((session) => session.id === id && session.current);
    ask({
      title: texts.sessions.ending,
      text: isThis ? texts.sessions.isThis : texts.sessions.isOther,
      verb: texts.sessions.verb,
      act: async () =>
        outcomeOf(await remove(`/api/v1/me/sessions/${id}`), texts.sessions.ended, () => !me.sessions.some((session) => session.id === id)),
    });
  });
  onChosen(page, "end-others", () => {
    ask({
      title: texts.sessions.others,
      text: texts.sessions.othersText,
      verb: texts.sessions.othersVerb,
      act: async () => outcomeOf(await remove("/api/v1/me/sessions"), texts.sessions.othersEnded, () => me.sessions.length <= 1),
    });
  });
  onChosen(page, "end-all", () => {
    ask({
      title: sessionsScriptTexts.everywhere,
      text: texts.sessions.allText,
      verb: texts.sessions.allVerb,
      async act() {
        const answer = await remove("/api/v1/sessions?all=true");
        // Where the answer was lost, what is read again says whether anybody is signed in here.
        if (!answer.ok && answer.refusal.code !== "unauthorized")
          return (await refresh())?.code === "unauthorized" ? "" : answer.refusal.detail;
        location.assign("/");
        return "";
      },
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
