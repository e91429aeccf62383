/** `/admin/people` for auditors: everybody, with what waits for an admin's signature. Nothing on it changes anything, and it has no script. */
import type { FC } from "hono/jsx";
import type { PersonItem } from "#api/people-data.ts";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { personView } from "#pages/kit/row-view.ts";
import { timeText } from "#pages/kit/time-text.ts";
import { element, onlyRead, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { peopleViews, standingView } from "./people-view.ts";

interface PeopleRecordPageProps {
  person: PagePerson;
  people: readonly PersonItem[];
  /** The server's clock, as a time in words.ts. */
  now: string;
}

const row = (who: PersonItem, what: View[], until: string): ViewElement =>
  element("li", {}, styled("span", "what", personView(who.id, [who])), styled("span", "who", ...what, until));

const waitingRows = (one: PersonItem): ViewElement[] => [
  ...one.waiting.map((passkey) =>
    row(one, ["a new passkey, for who is or becomes ", standingView(passkey)], `, made ${timeText(passkey.created_at)}`),
  ),
  ...one.proposed_roles.map((proposed) => row(one, ["becomes ", standingView(proposed)], `, until ${timeText(proposed.expires_at)}`)),
];

export const PeopleRecordPage: FC<PeopleRecordPageProps> = ({ person, people, now }) => {
  const waiting = people.flatMap(waitingRows);
  const { everyone } = peopleViews({ people, invites: [], now, viewer: person.id, said: null });
  return (
    <Layout title="People" sheets={["desk"]} person={person} here="/admin/people">
      <main id="people">
        <h1>People</h1>
        <p>As an auditor you see everybody, with their passkeys and roles. Admins change them, and sign for it.</p>
        {waiting.length === 0 ? null : (
          <section aria-labelledby="waiting-title">
            <h2 id="waiting-title">Waiting for an admin’s signature</h2>
            {toJsx(styled("ul", "rows stacked", ...waiting))}
          </section>
        )}
        <h2>Everyone</h2>
        {toJsx(onlyRead(everyone))}
      </main>
    </Layout>
  );
};
