/** What the buttons of the pages of people do: signing, roles, revoking, inviting again. */
import { bindCopy } from "#pages/kit/browser/copy.ts";
import { confirmDialog, formDialog, type Question } from "#pages/kit/browser/dialogs.ts";
import { byId, onChosen, tell, tellDone, tellField } from "#pages/kit/browser/page.ts";
import { tellOfPasskeys } from "#pages/kit/browser/passkey.ts";
import { remove } from "#pages/kit/browser/post.ts";
import { toldOf } from "#pages/kit/browser/unknown-answer.ts";
import { ONE_WAY_IN_LEFT } from "#pages/kit/only-way-in-view.ts";
import { takingBack } from "#pages/signatures/browser/take-back.ts";
import { peopleScriptTexts as texts } from "#texts/browser/people.ts";
import { proposalKey } from "../../people-view.ts";
import { inviteAgain } from "./invite.ts";
import { fillStanding, readStanding, sameMembers } from "./role-fields.ts";
import { type Change, signRoleChange, signConfirmation } from "./sign-changes.ts";
import type { PeopleOnPage } from "./state.ts";

/** What the buttons of one page share. */
export interface PageOfPeople {
  page: Pick<PeopleOnPage, keyof PeopleOnPage>;
  ask: (question: Question) => void;
  /** Called with the key of each button of that kind that is pressed. */
  onList: (kind: string, work: (key: string) => void) => void;
}

/** Says what was done, and shows what the service knows now; gives what to tell if it does not answer. */
async function done({ page }: PageOfPeople, text: string): Promise<string> {
  const told = await page.refresh();
  tellDone(text);
  return told;
}

/** Shows what became of a change that was signed; gives what to tell if it was not made. */
async function settle(on: PageOfPeople, change: Change, text: string): Promise<string> {
  if (change.done) return done(on, text);
  return "told" in change ? change.told : done(on, texts.signing.another(change.awaits));
}

let asking = false;

/** Signs what stands in a list, its button busy meanwhile, and says beside it what went wrong. */
async function signListed({ page }: PageOfPeople, name: string, key: string, work: () => Promise<string>): Promise<void> {
  if (asking) return;
  if (!page.isShown()) return page.say(key, texts.difference);
  page.say(key, "");
  asking = true;
  document.querySelector(`[data-${name}="${CSS.escape(key)}"]`)?.setAttribute("aria-busy", "true");
  const told = await work();
  asking = false;
  page.say(key, told);
}

function bindSigning(on: PageOfPeople): void {
  const { page, onList } = on;
  onList("confirm", (credentialId) => {
    const { person, passkey } = page.waiting(credentialId);
    const text = texts.signing.confirmed(person.username);
    const reread = (): ReturnType<typeof page.rereadConfirmation> => page.rereadConfirmation(person.id, credentialId);
    void signListed(on, "confirm", credentialId, async () =>
      settle(on, await signConfirmation(person, passkey, page.viewer, reread), text),
    );
  });
  onList("sign-roles", (key) => {
    const { person, proposed } = page.proposal(key);
    const text = texts.signing.newRoles(person.username);
    void signListed(on, "sign-roles", proposalKey(person, proposed), async () =>
      settle(on, await signRoleChange(person, proposed, page.viewer, () => page.rereadRoles(person.id, proposed)), text),
    );
  });
}

function bindRoles(on: PageOfPeople): void {
  const { page, onList } = on;
  const open = formDialog("change", async (id) => {
    const person = page.person(id);
    const standing = readStanding("change");
    tell("", "change-message");
    tellField("change-groups", "");
    if (sameMembers(standing.roles, person.roles) && sameMembers(standing.groups, person.groups)) return "";
    const change = await signRoleChange(person, standing, page.viewer, () => page.rereadRoles(person.id, standing));
    return settle(on, change, texts.signing.newRoles(person.username));
  });
  onList("roles", (id) => {
    const person = page.person(id);
    byId("change-title").textContent = texts.signing.rolesOf(person.username);
    fillStanding("change", person);
    open(id);
  });
}

/** Deletes what is at `path`; gives what to tell if that did not succeed. `isGone`: whether what was read again shows it. */
export async function removing(on: PageOfPeople, path: string, text: string, isGone: () => boolean): Promise<string> {
  const answer = await remove(path);
  if (answer.ok) return done(on, text);
  const told = await toldOf(answer.refusal, async () => ((await on.page.refresh()) === "" ? isGone() : null), "confirm-message");
  if (told === null) tellDone(text);
  return told ?? "";
}

function bindRemoving(on: PageOfPeople): void {
  const { page, ask, onList } = on;
  onList("revoke", (credentialId) => {
    const person = page.holder(credentialId);
    ask({
      title: texts.revoking.title(person.username),
      text: `${texts.revoking.text}${person.roles.includes("admin") && page.adminPasskeys === 2 ? ` ${ONE_WAY_IN_LEFT}` : ""}`,
      verb: texts.revoking.verb,
      act: () =>
        removing(on, `/api/v1/people/${person.id}/passkeys/${credentialId}`, texts.revoking.done(person.username), () =>
          page.isGone(credentialId),
        ),
    });
  });
  onList("discard", (credentialId) => {
    const { person } = page.waiting(credentialId);
    ask({
      title: texts.discarding.title(person.username),
      text: texts.discarding.text,
      verb: texts.discarding.verb,
      act: () =>
        removing(on, `/api/v1/people/${person.id}/passkeys/${credentialId}`, texts.discarding.done(person.username), () =>
          page.isGone(credentialId),
        ),
    });
  });
  onList("take-back", (operation) =>
    ask(takingBack(operation, (path) => removing(on, path, texts.takenBack, () => !page.hasSigned(operation)))),
  );
  onList("withdraw", (id) => {
    ask({
      title: texts.withdrawing.title,
      text: texts.withdrawing.text,
      verb: texts.withdrawing.verb,
      act: () => removing(on, `/api/v1/invites/${id}`, texts.withdrawing.done, () => !page.isInvited(id)),
    });
  });
}

/** Makes the buttons work that both pages have. `root`: id of the element that they are in. */
export function bindPeople(root: string, page: PageOfPeople["page"]): PageOfPeople {
  const on: PageOfPeople = { page, ask: confirmDialog(), onList: (kind, work) => onChosen(byId(root), kind, work) };
  bindSigning(on);
  bindRoles(on);
  bindRemoving(on);
  bindCopy();
  on.onList("recover", (id) => {
    void inviteAgain(page.person(id)).then(async (told) => {
      tell(told === "" ? await page.refresh() : told);
      byId("message").scrollIntoView({ block: "nearest" });
    });
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !asking) void page.refresh();
  });
  tellOfPasskeys();
  return on;
}
