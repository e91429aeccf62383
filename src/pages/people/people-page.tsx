/**
 * `/admin/people`: finding people, inviting, confirming passkeys (signed with the admin's own), changing roles (signed), revoking. The lists are
 * people-view.ts; people/browser/people-page.ts makes them again from the data block, which is all that it trusts.
 */
import type { FC } from "hono/jsx";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import type { InviteItem } from "#api/people-data.ts";
import type { PeopleList } from "#api/people/person-data.ts";
import { PEOPLE_BLOCK_ID } from "#api/people/person-shapes.ts";
import { peopleTexts as texts } from "#texts/people.ts";
import { peopleViews } from "./people-view.ts";
import { listAddress, type ListedPeople, PeopleListEnd, PeopleSearch } from "./people-search.tsx";
import { RoleFields } from "./role-fields.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";

const InviteForm: FC = () => (
  <form id="invite" novalidate>
    <div class="pair">
      <Field
        id="username"
        name="username"
        label={texts.invite.username}
        hint={texts.invite.usernameHint}
        refusable
        maxlength={32}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
      />
      <Field
        id="display_name"
        name="display_name"
        label={texts.invite.displayName}
        hint={texts.invite.displayNameHint}
        refusable
        maxlength={80}
        autocomplete="off"
      />
    </div>
    <RoleFields form="invite" />
    <Message />
    <button type="submit" class="primary">
      {texts.invite.verb}
    </button>
  </form>
);

/** Filled by the script with the invite's link, which the server gives out once. */
export const Invited: FC = () => (
  <section id="invited" class="created" aria-labelledby="invited-title" tabindex={-1} hidden>
    <h2 id="invited-title"></h2>
    <p>{texts.invited.about(<time id="invited-until"></time>)}</p>
    <p id="invited-username" hidden></p>
    <Snippet id="invite-link" title={texts.invited.link} copies={texts.invited.copy} />
    <Copied />
  </section>
);

export const RolesDialog: FC = () => (
  <FormDialog id="change" verb={texts.change.verb} hint={texts.change.hint}>
    <RoleFields form="change" />
  </FormDialog>
);

interface PeoplePageProps {
  person: PagePerson;
  list: PeopleList;
  filter: ListedPeople;
  invites: readonly InviteItem[];
  /** The server's clock, as a time in words.ts. */
  now: string;
}

export const PeoplePage: FC<PeoplePageProps> = ({ person, list, filter, invites, now }) => {
  const { items: people, waiting, signers } = list;
  const views = peopleViews({ people, waiting, signers, invites, now, viewer: person.id, said: null });
  return (
    <Layout title={texts.title} sheets={["desk"]} script="people.js" person={person} here="/admin/people">
      <main id="people" data-person={person.id} data-list={listAddress(filter)}>
        <h1>{texts.title}</h1>
        <p>{texts.about}</p>
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <NeedsScript />
        {toJsx(views.waiting)}
        <h2>{texts.everyone}</h2>
        <PeopleSearch filter={filter} />
        {toJsx(views.everyone)}
        <PeopleListEnd list={list} filter={filter} />
        <h2>{texts.invite.title}</h2>
        <InviteForm />
        <Invited />
        {toJsx(views["open-invites"])}
        <RolesDialog />
        <ConfirmDialog />
      </main>
      <DataBlock id={PEOPLE_BLOCK_ID} data={{ list, invites, now }} />
    </Layout>
  );
};
