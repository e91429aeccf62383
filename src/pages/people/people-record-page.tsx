/** `/admin/people` for auditors: everybody, with what waits for an admin's signature. Nothing on it changes anything, and it has no script. */
import type { FC } from "hono/jsx";
import type { PersonItem } from "#api/people-data.ts";
import type { PeopleList } from "#api/people/person-data.ts";
import { peopleTexts as texts } from "#texts/people.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { personView } from "#pages/kit/row-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, onlyRead, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { type ListedPeople, PeopleListEnd, PeopleSearch } from "./people-search.tsx";
import { peopleViews, standingView } from "./people-view.ts";

interface PeopleRecordPageProps {
  person: PagePerson;
  list: PeopleList;
  filter: ListedPeople;
  /** The server's clock, as a time in words.ts. */
  now: string;
}

const row = (who: PersonItem, what: View[], until: string): ViewElement =>
  element("li", {}, styled("span", "what", personView(who.id, [who])), styled("span", "who", ...what, until));

const waitingRows = (one: PersonItem): ViewElement[] => [
  ...one.waiting.map((passkey) =>
    row(one, [texts.record.newPasskey, standingView(passkey)], texts.record.made(timeText(passkey.created_at))),
  ),
  ...one.proposed_roles.map((proposed) =>
    row(one, [texts.record.becomes, standingView(proposed)], texts.record.until(timeText(proposed.expires_at))),
  ),
];

export const PeopleRecordPage: FC<PeopleRecordPageProps> = ({ person, list, filter, now }) => {
  const waiting = list.waiting.flatMap(waitingRows);
  const { items: people, signers } = list;
  const { everyone } = peopleViews({ people, waiting: list.waiting, signers, invites: [], now, viewer: person.id, said: null });
  return (
    <Layout title={texts.title} sheets={["desk"]} person={person} here="/admin/people">
      <main id="people">
        <h1>{texts.title}</h1>
        <p>{texts.record.about}</p>
        {waiting.length === 0 ? null : (
          <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">{texts.record.waiting}</h2>
            {toJsx(styled("ul", "rows stacked", ...waiting))}
          </section>
        )}
        <h2>{texts.everyone}</h2>
        <PeopleSearch filter={filter} />
        {toJsx(onlyRead(everyone))}
        <PeopleListEnd list={list} filter={filter} />
      </main>
    </Layout>
  );
};
