/**
 * `/admin/people/<id>`: one person, for admins, who change what they are and end their sessions, and for auditors, who read: for them
 * nothing on it changes anything, and it has no script.
 */
import type { FC } from "hono/jsx";
import type { PersonDetail } from "#api/people/person-data.ts";
import { PERSON_BLOCK_ID } from "#api/people/person-shapes.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog } from "#pages/kit/dialogs.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import { personView } from "#pages/kit/row-view.ts";
import { onlyRead, type ViewElement } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { peopleScriptTexts } from "#texts/browser/people.ts";
import { peopleTexts as texts } from "#texts/people.ts";
import { Invited, RolesDialog } from "./people-page.tsx";
import { memberHeading } from "./people-view.ts";
import { personViews } from "./person-view.ts";

const titles = peopleScriptTexts.person;

interface PersonPageProps {
  person: PagePerson;
  detail: PersonDetail;
  /** The server's clock, as a time in words.ts. */
  now: string;
}

export const PersonPage: FC<PersonPageProps> = ({ person, detail, now }) => {
  const mayChange = person.mayAdminister;
  const views = personViews({ detail, now, viewer: person.id, said: null });
  const shown = (view: ViewElement) => toJsx(mayChange ? view : onlyRead(view));
  const one = detail.person;
  return (
    <Layout
      title={one.display_name === "" ? one.username : one.display_name}
      sheets={["desk"]}
      script={mayChange ? "person.js" : undefined}
      person={person}
      here="/admin/people"
    >
      <main id="person" data-person={person.id}>
        <p>
          <a href="/admin/people">{texts.person.all}</a>
        </p>
        {toJsx(memberHeading("h1", one, person.id, personView(one.id, [one])))}
        <p id="done" class="done" role="status" tabindex={-1}></p>
        {mayChange ? <NeedsScript /> : null}
        {mayChange ? <Message /> : null}
        {shown(views.waiting)}
        {shown(views.standing)}
        {mayChange ? <Invited /> : null}
        {mayChange ? toJsx(views["open-invites"]) : null}
        <h2>{titles.sessions}</h2>
        {shown(views.sessions)}
        <h2>{titles.away.title}</h2>
        {shown(views.away)}
        <h2>{titles.contacts.title}</h2>
        {shown(views.contacts)}
        <h2>{titles.decided.title}</h2>
        {shown(views.decided)}
        {mayChange ? <RolesDialog /> : null}
        {mayChange ? <ConfirmDialog /> : null}
      </main>
      {mayChange ? <DataBlock id={PERSON_BLOCK_ID} data={{ detail, now }} /> : null}
    </Layout>
  );
};
