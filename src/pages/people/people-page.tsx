/**
 * `/admin/people`: inviting, confirming passkeys (signed with the admin's own), changing roles (signed), revoking. The lists are
 * people-view.ts; people/browser/people-page.ts makes them again from the data block, which is all that it trusts.
 */
import type { FC } from "hono/jsx";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import type { InviteItem, PersonItem } from "#api/people-data.ts";
import { PEOPLE_BLOCK_ID } from "#api/people-shapes.ts";
import { peopleViews } from "./people-view.ts";
import { RoleFields } from "./role-fields.tsx";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { toJsx } from "#pages/kit/view-jsx.ts";

const InviteForm: FC = () => (
  <form id="invite" novalidate>
    <div class="pair">
      <Field
        id="username"
        name="username"
        label="Username"
        hint="Optional. Left empty, they choose it."
        refusable
        maxlength={32}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
      />
      <Field id="display_name" name="display_name" label="Display name" hint="Optional." refusable maxlength={80} autocomplete="off" />
    </div>
    <RoleFields form="invite" />
    <Message />
    <button type="submit" class="primary">
      Invite
    </button>
  </form>
);

/** Filled by the script with the invite's link, which the server gives out once. */
const Invited: FC = () => (
  <section id="invited" class="created" aria-labelledby="invited-title" tabindex={-1} hidden>
    <h2 id="invited-title"></h2>
    <p>
      The link works once, until <time id="invited-until"></time>, and is shown only now. Send it so that nobody else reads it. Whoever
      opens it makes a passkey that can do nothing until you have compared its digits with them and confirmed it here.
    </p>
    <p id="invited-username" hidden></p>
    <Snippet id="invite-link" title="Invite link" copies="Copy link" />
    <Copied />
  </section>
);

const RolesDialog: FC = () => (
  <FormDialog id="change" verb="Sign change" hint="You sign this with your passkey.">
    <RoleFields form="change" />
  </FormDialog>
);

interface PeoplePageProps {
  person: PagePerson;
  people: readonly PersonItem[];
  invites: readonly InviteItem[];
  /** The server's clock, as a time in words.ts. */
  now: string;
}

export const PeoplePage: FC<PeoplePageProps> = ({ person, people, invites, now }) => {
  const views = peopleViews({ people, invites, now, viewer: person.id, said: null });
  return (
    <Layout title="People" sheets={["desk"]} script="people.js" person={person} here="/admin/people">
      <main id="people" data-person={person.id}>
        <h1>People</h1>
        <p>Everyone signs in with a passkey. A new one can do nothing until an admin has compared it with its owner and signed for it.</p>
        <p id="done" class="done" role="status" tabindex={-1}></p>
        <NeedsScript />
        {toJsx(views.waiting)}
        <h2>Everyone</h2>
        {toJsx(views.everyone)}
        <h2>Invite somebody</h2>
        <InviteForm />
        <Invited />
        {toJsx(views["open-invites"])}
        <RolesDialog />
        <ConfirmDialog />
      </main>
      <DataBlock id={PEOPLE_BLOCK_ID} data={{ people, invites, now }} />
    </Layout>
  );
};
