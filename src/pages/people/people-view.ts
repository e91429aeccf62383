/**
 * `/admin/people` as views, made by the server when the page is sent and by its script whenever something changed: what waits
 * for a signature, who there is, and which invites are open. What an admin signs is compared with what these show. Pure.
 */
import { saidView, signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import type { InviteItem, PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import type { Role } from "#countersign/documents/record.ts";
import { comparisonView, passkeyNameId, passkeyView, sharedKeyView } from "./passkey-view.ts";
import { choiceView, personView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { erasureScriptTexts as erasure } from "#texts/browser/erasure.ts";

export interface PeopleState {
  people: readonly PersonItem[];
  invites: readonly InviteItem[];
  /** When these were read; invites that have ended by then are not shown. */
  now: string;
  /** Id of the admin who looks. */
  viewer: string;
  /** What happened to the signature that was asked for last, and whose: a credential id, or a person's for roles. */
  said: { about: string; text: string } | null;
}

/** The parts of the page that these views fill, by the id of their element. */
export type PeopleViews = Record<"waiting" | "everyone" | "open-invites", ViewElement>;

const nameOf = (person: PersonItem): ViewElement => personView(person.id, [person]);

const signed = (proposed: Parameters<typeof signedView>[0], { people, viewer }: PeopleState): ViewElement | null =>
  signedView(proposed, viewer, (id) => people.find((one) => one.id === id)?.username ?? id);

const said = (about: string, state: PeopleState): ViewElement | null => saidView(state.said?.about === about ? state.said.text : null);

const between = (items: readonly View[], separator: string): View[] => items.flatMap((item, i) => (i === 0 ? [item] : [separator, item]));

/** Such as `approver and admin, in the group release-managers`. */
export function standingView({ roles, groups }: { roles: readonly Role[]; groups: readonly string[] }): ViewElement {
  const roleViews =
    roles.length === 0
      ? ["no role"]
      : between(
          roles.map((role) => element("b", {}, role)),
          ", ",
        );
  const names = between(
    groups.map((group) => element("b", {}, textView(group))),
    ", ",
  );
  const inGroups = groups.length === 0 ? [] : [groups.length === 1 ? ", in the group " : ", in the groups ", ...names];
  return styled("span", "standing", ...roleViews, ...inGroups);
}

function waitingPasskeyView(person: PersonItem, passkey: WaitingPasskeyItem, state: PeopleState): ViewElement {
  const { credential_id: id, invited_by: inviter } = passkey;
  const from = inviter === null ? "added by its owner, who was signed in" : `invited by ${inviter.username}`;
  const effect = person.confirmed ? "Another passkey for somebody who is " : "A new person, who becomes ";
  const confirm = choiceView({ kind: "confirm", key: id, style: "primary" }, `Confirm passkey of ${person.username}`);
  const discard = choiceView({ kind: "discard", key: id, style: "link danger" }, "Discard");
  return element(
    "li",
    { "data-waiting": id },
    element("h3", { id: passkeyNameId(id) }, nameOf(person)),
    element("p", {}, effect, standingView(passkey), "."),
    styled("p", "quiet", `Made ${timeText(passkey.created_at)}, ${from}.`),
    comparisonView(passkey.fingerprint),
    sharedKeyView(passkey.shared_with),
    element(
      "p",
      {},
      `Before you sign, have ${person.username} read these digits to you from their own screen, on the phone or in person. `,
      "Sign only if every digit is the same: otherwise it is somebody else’s passkey.",
    ),
    signed(passkey, state),
    said(id, state),
    styled("div", "ways", ...signingView(passkey, state.viewer, confirm), discard),
  );
}

/** Identifies proposed roles in the page. */
export const proposalKey = (person: PersonItem, { roles, groups }: Pick<ProposedRoles, "roles" | "groups">): string =>
  JSON.stringify([person.id, roles, groups]);

function proposedRolesView(person: PersonItem, proposed: ProposedRoles, state: PeopleState): ViewElement {
  const key = proposalKey(person, proposed);
  const sign = choiceView({ kind: "sign-roles", key, style: "primary" }, `Sign roles of ${person.username}`);
  return element(
    "li",
    { "data-waiting": key },
    element("h3", {}, nameOf(person)),
    element("p", {}, "Is ", standingView(person), "."),
    element("p", {}, "Becomes ", standingView(proposed), "."),
    signed(proposed, state),
    styled("p", "quiet", `Dropped if nobody else signs by ${timeText(proposed.expires_at)}.`),
    said(key, state),
    styled("div", "ways", ...signingView(proposed, state.viewer, sign)),
  );
}

function waitingView(state: PeopleState): ViewElement {
  const cards = state.people.flatMap((person) => [
    ...person.waiting.map((passkey) => waitingPasskeyView(person, passkey, state)),
    ...person.proposed_roles.map((proposed) => proposedRolesView(person, proposed, state)),
  ]);
  if (cards.length === 0) return element("div", { id: "waiting" });
  return element(
    "section",
    { id: "waiting", "aria-labelledby": "waiting-title" },
    element("h2", { id: "waiting-title" }, "Waiting for an admin’s signature"),
    styled("ul", "cards", ...cards),
  );
}

function memberView(person: PersonItem, { viewer }: PeopleState): ViewElement {
  const nameId = `name-${person.id}`;
  const standing = person.passkeys.some((passkey) => passkey.revoked_at === null);
  const way = (kind: string, label: string): ViewElement => choiceView({ kind, key: person.id, style: "link", about: nameId }, label);
  const shared = new Set(person.passkeys.flatMap((passkey) => passkey.shared_with));
  const passkeys = person.passkeys.map((passkey) =>
    passkeyView(passkey, [
      choiceView(
        {
          kind: "revoke",
          key: passkey.credential_id,
          style: "link danger",
          about: `${nameId} ${passkeyNameId(passkey.credential_id)}`,
        },
        "Revoke",
      ),
    ]),
  );
  return element(
    "li",
    { "data-person": person.id },
    element("h3", { id: nameId }, nameOf(person), person.id === viewer ? " – you" : null),
    element("p", {}, standingView(person)),
    styled("div", "ways", way("roles", "Change roles"), way("recover", `New passkey for ${person.username}`)),
    standing ? null : styled("p", "quiet", "No passkey: they can neither sign in nor sign anything."),
    standing || person.roles.length > 0
      ? null
      : element("p", {}, element("a", { href: `/admin/erasure/${person.id}` }, erasure.link(person.username))),
    sharedKeyView([...shared]),
    styled("ul", "rows stacked passkeys", ...passkeys),
  );
}

function everyoneView(state: PeopleState): ViewElement {
  const members = state.people.filter((person) => person.confirmed).map((person) => memberView(person, state));
  return styled("ul", "members", ...members);
}

function inviteView({ id, person, username, display_name: name, expires_at: end, by, ...standing }: InviteItem): ViewElement {
  const nameId = `invite-${id}`;
  const whom: View[] =
    person === null
      ? [name === null ? (username ?? "Somebody new") : textView(name), name === null || username === null ? "" : ` (${username})`]
      : [`Another passkey for ${person.username}`];
  const withdraw = choiceView({ kind: "withdraw", key: id, style: "link danger", about: nameId }, "Withdraw");
  return element(
    "li",
    {},
    element("span", { class: "what", id: nameId }, ...whom),
    styled("span", "who", standingView(standing), `, by ${by.username}, until ${timeText(end)}`),
    styled("span", "when", withdraw),
  );
}

function openInvitesView({ invites, now }: PeopleState): ViewElement {
  const open = invites.filter((invite) => invite.used_at === null && invite.expires_at > now);
  if (open.length === 0) return element("div", { id: "open-invites" });
  return element(
    "section",
    { id: "open-invites", "aria-labelledby": "open-invites-title" },
    element("h2", { id: "open-invites-title" }, "Open invites"),
    styled("ul", "rows stacked", ...open.map(inviteView)),
  );
}

export const peopleViews = (state: PeopleState): PeopleViews => ({
  waiting: waitingView(state),
  everyone: element("div", { id: "everyone" }, everyoneView(state)),
  "open-invites": openInvitesView(state),
});
