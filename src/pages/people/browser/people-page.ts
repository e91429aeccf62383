/** `/admin/people`: what each button does. What is signed is people/sign-changes.ts, what is shown people/state.ts. */
import "#pages/kit/browser/signed-in-page.ts";
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { confirmDialog, formDialog } from "#pages/kit/browser/dialogs.ts";
import { byId, onChosen, tell, tellDone, tellField } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { ONE_WAY_IN_LEFT } from "#pages/kit/only-way-in-view.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { proposalKey } from "../people-view.ts";
import { bindInvite, inviteAgain } from "./people/invite.ts";
import { fillStanding, readStanding, sameMembers } from "./people/role-fields.ts";
import { type Change, signRoleChange, signConfirmation } from "./people/sign-changes.ts";
import { PeopleOnPage } from "./people/state.ts";

const DIFFERENCE =
  "Nothing was signed: something changed what this page showed, perhaps a browser extension. Compare again, in another browser or on another device.";

const page = new PeopleOnPage(byId("people").dataset["person"] ?? "");
const ask = confirmDialog();
const onList = (kind: string, work: (key: string) => void): void => onChosen(byId("people"), kind, work);

/** Says what was done, and shows what the service knows now; gives what to tell if it does not answer. */
async function done(text: string): Promise<string> {
  const told = await page.refresh();
  tellDone(text);
  return told;
}

/** Shows what became of a change that was signed; gives what to tell if it was not made. */
async function settle(change: Change, text: string): Promise<string> {
  if (change.done) return done(text);
  return "told" in change ? change.told : done(`${change.awaits}. Another admin has to sign the same before it takes effect.`);
}

let asking = false;

/** Signs what stands in a list, its button busy meanwhile, and says beside it what went wrong. */
async function signListed(name: string, key: string, work: () => Promise<string>): Promise<void> {
  if (asking) return;
  if (!page.isShown()) return page.say(key, DIFFERENCE);
  page.say(key, "");
  asking = true;
  document.querySelector(`[data-${name}="${CSS.escape(key)}"]`)?.setAttribute("aria-busy", "true");
  const told = await work();
  asking = false;
  page.say(key, told);
}

function bindSigning(): void {
  onList("confirm", (credentialId) => {
    const { person, passkey } = page.waiting(credentialId);
    const text = `Passkey of ${person.username} confirmed. They can sign in now.`;
    const reread = (): ReturnType<typeof page.rereadConfirmation> => page.rereadConfirmation(person.id, credentialId);
    void signListed("confirm", credentialId, async () => settle(await signConfirmation(person, passkey, page.viewer, reread), text));
  });
  onList("sign-roles", (key) => {
    const { person, proposed } = page.proposal(key);
    const text = `${person.username} has the new roles.`;
    void signListed("sign-roles", proposalKey(person, proposed), async () =>
      settle(await signRoleChange(person, proposed, page.viewer, () => page.rereadRoles(person.id, proposed)), text),
    );
  });
}

function bindRoles(): void {
  const open = formDialog("change", async (id) => {
    const person = page.person(id);
    const standing = readStanding("change");
    tell("", "change-message");
    tellField("change-groups", "");
    if (sameMembers(standing.roles, person.roles) && sameMembers(standing.groups, person.groups)) return "";
    const change = await signRoleChange(person, standing, page.viewer, () => page.rereadRoles(person.id, standing));
    return settle(change, `${person.username} has the new roles.`);
  });
  onList("roles", (id) => {
    const person = page.person(id);
    byId("change-title").textContent = `Roles of ${person.username}`;
    fillStanding("change", person);
    open(id);
  });
}

/** Deletes what is at `path`; gives what to tell if that did not succeed. `isGone`: whether what was read again shows it. */
async function removing(path: string, text: string, isGone: () => boolean): Promise<string> {
  const answer = await remove(path);
  if (answer.ok) return done(text);
  const told = await toldOf(answer.refusal, async () => ((await page.refresh()) === "" ? isGone() : null), "confirm-message");
  if (told === null) tellDone(text);
  return told ?? "";
}

function bindRemoving(): void {
  onList("revoke", (credentialId) => {
    const person = page.holder(credentialId);
    ask({
      title: `Revoke a passkey of ${person.username}`,
      text: `It stops working at once: whoever is signed in with it is signed out, and what it signed of pending requests no longer counts. This cannot be undone.${
        person.roles.includes("admin") && page.adminPasskeys === 2 ? ` ${ONE_WAY_IN_LEFT}` : ""
      }`,
      verb: "Revoke passkey",
      act: () =>
        removing(`/api/v1/people/${person.id}/passkeys/${credentialId}`, `A passkey of ${person.username} is revoked.`, () =>
          page.isGone(credentialId),
        ),
    });
  });
  onList("discard", (credentialId) => {
    const { person } = page.waiting(credentialId);
    ask({
      title: `Discard the waiting passkey of ${person.username}`,
      text: "It was never confirmed and opens nothing. To try again, they need a new invite.",
      verb: "Discard passkey",
      act: () =>
        removing(`/api/v1/people/${person.id}/passkeys/${credentialId}`, `The waiting passkey of ${person.username} is discarded.`, () =>
          page.isGone(credentialId),
        ),
    });
  });
  onList("take-back", (operation) =>
    ask(takingBack(operation, (path) => removing(path, "Your signature is taken back.", () => !page.hasSigned(operation)))),
  );
  onList("withdraw", (id) => {
    ask({
      title: "Withdraw the invite",
      text: "Its link stops working. Nothing else changes.",
      verb: "Withdraw invite",
      act: () => removing(`/api/v1/invites/${id}`, "The invite is withdrawn.", () => !page.isInvited(id)),
    });
  });
}

bindSigning();
bindRoles();
bindRemoving();
bindCopy();
bindInvite(() => page.refresh());
onList("recover", (id) => {
  void inviteAgain(page.person(id)).then(async (told) => {
    tell(told === "" ? await page.refresh() : told);
    byId("message").scrollIntoView({ block: "nearest" });
  });
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !asking) void page.refresh();
});
tellOfPasskeys();
