/**
 * `/admin/people` as views, made by the server when the page is sent and by its script whenever something changed: what waits
 * for a signature, who there is, and which invites are open. What an admin signs is compared with what these show. Pure.
 */
import { saidView, signedView, signingView } from "#pages/signatures/admin-signatures-view.ts";
import type { InviteItem, NamedPerson, PersonItem, ProposedRoles, WaitingPasskeyItem } from "#api/people-data.ts";
import type { Role } from "#countersign/documents/record.ts";
import { comparisonView, passkeyNameId, passkeyView, sharedKeyView } from "./passkey-view.ts";
import { choiceView, personView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { erasureScriptTexts as erasure } from "#texts/browser/erasure.ts";
import { peopleScriptTexts as texts } from "#texts/browser/people.ts";

export interface PeopleState {
  /** Those who are listed. */
  people: readonly PersonItem[];
  /** Those of whom something waits for a signature. */
  waiting: readonly PersonItem[];
  /** Who has signed for any of it. */
  signers: readonly NamedPerson[];
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

const signed = (proposed: Parameters<typeof signedView>[0], { signers, viewer }: PeopleState): ViewElement | null =>
  signedView(proposed, viewer, (id) => signers.find((one) => one.id === id)?.username ?? id);

const said = (about: string, state: PeopleState): ViewElement | null => saidView(state.said?.about === about ? state.said.text : null);

const between = (items: readonly View[], separator: string): View[] => items.flatMap((item, i) => (i === 0 ? [item] : [separator, item]));

/** Such as `approver and admin, in the group release-managers`. */
export function standingView({ roles, groups }: { roles: readonly Role[]; groups: readonly string[] }): ViewElement {
  const roleViews =
    roles.length === 0
      ? [texts.standing.noRole]
      : between(
          roles.map((role) => element("b", {}, role)),
          ", ",
        );
  const names = between(
    groups.map((group) => element("b", {}, textView(group))),
    ", ",
  );
  const inGroups = groups.length === 0 ? [] : [groups.length === 1 ? texts.standing.inGroup : texts.standing.inGroups, ...names];
  return styled("span", "standing", ...roleViews, ...inGroups);
}

function waitingPasskeyView(person: PersonItem, passkey: WaitingPasskeyItem, state: PeopleState): ViewElement {
  const { credential_id: id, invited_by: inviter } = passkey;
  const from = inviter === null ? texts.waiting.byOwner : texts.waiting.invitedBy(inviter.username);
  const effect = person.confirmed ? texts.waiting.another : texts.waiting.newPerson;
  const confirm = choiceView({ kind: "confirm", key: id, style: "primary" }, texts.waiting.confirm(person.username));
  const discard = choiceView({ kind: "discard", key: id, style: "link danger" }, texts.waiting.discard);
  return element(
    "li",
    { "data-waiting": id },
    element("h3", { id: passkeyNameId(id) }, nameOf(person)),
    element("p", {}, ...effect<View>(standingView(passkey))),
    styled("p", "quiet", texts.waiting.made(timeText(passkey.created_at), from)),
    comparisonView(passkey.fingerprint),
    sharedKeyView(passkey.shared_with),
    element("p", {}, texts.waiting.compare(person.username)),
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
  const sign = choiceView({ kind: "sign-roles", key, style: "primary" }, texts.waiting.sign(person.username));
  return element(
    "li",
    { "data-waiting": key },
    element("h3", {}, nameOf(person)),
    element("p", {}, ...texts.waiting.is<View>(standingView(person))),
    element("p", {}, ...texts.waiting.becomes<View>(standingView(proposed))),
    signed(proposed, state),
    styled("p", "quiet", texts.waiting.dropped(timeText(proposed.expires_at))),
    said(key, state),
    styled("div", "ways", ...signingView(proposed, state.viewer, sign)),
  );
}

export function waitingView(state: PeopleState): ViewElement {
  const cards = state.waiting.flatMap((person) => [
    ...person.waiting.map((passkey) => waitingPasskeyView(person, passkey, state)),
    ...person.proposed_roles.map((proposed) => proposedRolesView(person, proposed, state)),
  ]);
  if (cards.length === 0) return element("div", { id: "waiting" });
  return element(
    "section",
    { id: "waiting", "aria-labelledby": "waiting-title" },
    element("h2", { id: "waiting-title" }, texts.waiting.title),
    styled("ul", "cards", ...cards),
  );
}

const memberNameId = ({ id }: PersonItem): string => `name-${id}`;

/** What somebody is, what can be done about it, and their passkeys. */
export function memberFacts(person: PersonItem): (ViewElement | null)[] {
  const nameId = memberNameId(person);
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
        texts.member.revoke,
      ),
    ]),
  );
  return [
    element("p", {}, standingView(person)),
    styled("div", "ways", way("roles", texts.member.changeRoles), way("recover", texts.member.newPasskey(person.username))),
    standing ? null : styled("p", "quiet", texts.member.noPasskey),
    standing || person.roles.length > 0
      ? null
      : element("p", {}, element("a", { href: `/admin/erasure/${person.id}` }, erasure.link(person.username))),
    sharedKeyView([...shared]),
    styled("ul", "rows stacked passkeys", ...passkeys),
  ];
}

/** The name, in an element that buttons are described by. */
export const memberHeading = (tag: "h1" | "h3", person: PersonItem, viewer: string, name: View): ViewElement =>
  element(tag, { id: memberNameId(person) }, name, person.id === viewer ? texts.member.you : null);

const memberView = (person: PersonItem, { viewer }: PeopleState): ViewElement =>
  element(
    "li",
    { "data-person": person.id },
    memberHeading("h3", person, viewer, element("a", { href: `/admin/people/${person.id}` }, nameOf(person))),
    ...memberFacts(person),
  );

function everyoneView(state: PeopleState): ViewElement {
  const members = state.people.filter((person) => person.confirmed).map((person) => memberView(person, state));
  return styled("ul", "members", ...members);
}

function inviteView({ id, person, username, display_name: name, expires_at: end, by, ...standing }: InviteItem): ViewElement {
  const nameId = `invite-${id}`;
  const whom: View[] =
    person === null
      ? [
          name === null ? (username ?? texts.invites.somebodyNew) : textView(name),
          name === null || username === null ? "" : texts.invites.username(username),
        ]
      : [texts.invites.another(person.username)];
  const withdraw = choiceView({ kind: "withdraw", key: id, style: "link danger", about: nameId }, texts.invites.withdraw);
  return element(
    "li",
    {},
    element("span", { class: "what", id: nameId }, ...whom),
    styled("span", "who", standingView(standing), texts.invites.by(by.username, timeText(end))),
    styled("span", "when", withdraw),
  );
}

export function openInvitesView({ invites, now }: PeopleState): ViewElement {
  const open = invites.filter((invite) => invite.used_at === null && invite.expires_at > now);
  if (open.length === 0) return element("div", { id: "open-invites" });
  return element(
    "section",
    { id: "open-invites", "aria-labelledby": "open-invites-title" },
    element("h2", { id: "open-invites-title" }, texts.invites.title),
    styled("ul", "rows stacked", ...open.map(inviteView)),
  );
}

export const peopleViews = (state: PeopleState): PeopleViews => ({
  waiting: waitingView(state),
  everyone: element("div", { id: "everyone" }, everyoneView(state)),
  "open-invites": openInvitesView(state),
});
