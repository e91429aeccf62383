/** One person's page as views, made by the server when the page is sent and by its script whenever something changed. Pure. */
import type { PersonDetail } from "#api/people/person-data.ts";
import { choiceView, dayView, term, termList, timeView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { peopleScriptTexts } from "#texts/browser/people.ts";
import { sessionsScriptTexts } from "#texts/browser/sessions.ts";
import { memberFacts, openInvitesView, type PeopleState, waitingView } from "./people-view.ts";
import { sessionRow } from "./session-view.ts";

const texts = peopleScriptTexts.person;

export interface PersonState extends Pick<PeopleState, "now" | "viewer" | "said"> {
  detail: PersonDetail;
}

/** The parts of the page that these views fill, by the id of their element. */
export type PersonViews = Record<"waiting" | "standing" | "sessions" | "away" | "contacts" | "decided" | "open-invites", ViewElement>;

/** What the lists of people show, of this one alone. */
export const peopleStateOf = ({ detail: { person, signers, invites }, ...rest }: PersonState): PeopleState => ({
  ...rest,
  people: [person],
  waiting: [person],
  signers,
  invites,
});

const rows = (items: readonly ViewElement[], none: string): ViewElement =>
  items.length === 0 ? styled("p", "nothing", none) : styled("ul", "rows stacked", ...items);

function sessionsView({ person, sessions }: PersonDetail): ViewElement {
  const end = choiceView({ kind: "sign-out", key: person.id, style: "link danger" }, sessionsScriptTexts.everywhere);
  const listed = sessions.map((session) => sessionRow(session, person.passkeys));
  return element("div", { id: "sessions" }, rows(listed, texts.noSession), sessions.length === 0 ? null : styled("div", "ways", end));
}

function awayView({ out_of_office: away }: PersonDetail): ViewElement {
  const items = away.map(({ id, from, until, to }) =>
    element(
      "li",
      {},
      element(
        "span",
        { class: "what", id: `away-${id}` },
        ...texts.away.item<View>(timeView(from), timeView(until), element("a", { href: `/admin/people/${to.id}` }, to.username)),
      ),
      styled("span", "when", choiceView({ kind: "end-away", key: id, style: "link danger", about: `away-${id}` }, texts.away.end)),
    ),
  );
  return element("div", { id: "away" }, rows(items, texts.away.none));
}

function contactsView({ contacts }: PersonDetail): ViewElement {
  const items = contacts.map(({ kind, confirmed_at: confirmed, failing_since: failing }) =>
    element(
      "li",
      {},
      styled("span", "what", texts.contacts.kinds[kind]),
      styled(
        "span",
        "who",
        ...(confirmed === null ? [texts.contacts.unconfirmed] : texts.contacts.confirmed<View>(dayView(confirmed))),
        ...(failing === null ? [] : texts.contacts.failing<View>(dayView(failing))),
      ),
    ),
  );
  return element("div", { id: "contacts" }, rows(items, texts.contacts.none));
}

function decidedView({ decided }: PersonDetail): ViewElement {
  const items = decided.map(({ id, action, agent, verdict, ended_at: ended }) =>
    element(
      "li",
      {},
      element("span", { class: "what" }, element("a", { href: `/a/${id}` }, textView(action))),
      styled("span", "who", ...texts.decided.of<View>(textView(agent), timeView(ended))),
      styled("span", "when", texts.decided[verdict]),
    ),
  );
  return element("div", { id: "decided" }, rows(items, texts.decided.none));
}

/** Of somebody of whom nothing was ever confirmed there is nothing to change. */
function standingFacts({ person }: PersonDetail): ViewElement {
  const facts = termList(term(texts.username, textView(person.username)), term(texts.id, element("code", {}, person.id)));
  return element("div", { id: "standing" }, facts, ...(person.confirmed ? memberFacts(person) : []));
}

export const personViews = (state: PersonState): PersonViews => ({
  waiting: waitingView(peopleStateOf(state)),
  standing: standingFacts(state.detail),
  sessions: sessionsView(state.detail),
  away: awayView(state.detail),
  contacts: contactsView(state.detail),
  decided: decidedView(state.detail),
  "open-invites": openInvitesView(peopleStateOf(state)),
});
