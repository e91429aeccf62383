/** `/account`: who one is here; one's own passkeys: adding (an admin confirms it), naming, revoking; and where one is signed in. */
import type { FC } from "hono/jsx";
import { onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { ownPasskeysView, ownSessionsView, stopTokenView } from "./account-view.ts";
import { DataBlock } from "#pages/kit/data-block.tsx";
import { ConfirmDialog, FormDialog } from "#pages/kit/dialogs.tsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript, type PagePerson } from "#pages/kit/layout.tsx";
import type { Me } from "#api/people-data.ts";
import { ME_BLOCK_ID } from "#api/people-shapes.ts";
import { term, termList } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import type { View } from "#pages/kit/view.ts";
import { Copied, Snippet } from "#pages/kit/snippet.tsx";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";
import { accountTexts as texts } from "#texts/account.ts";

const listView = (names: readonly string[]): View[] =>
  names.length === 0 ? [texts.none] : names.flatMap((name, i) => (i === 0 ? [textView(name)] : [", ", textView(name)]));

const RenameDialog: FC = () => (
  <FormDialog id="rename" title={texts.rename.title} verb={texts.rename.verb}>
    <Field id="passkey-name" name="name" label={texts.rename.name} hint={texts.rename.hint} refusable maxlength={80} autocomplete="off" />
  </FormDialog>
);

const AddForm: FC = () => (
  <form id="add" novalidate>
    <Field id="name" name="name" label={texts.add.name} hint={texts.add.hint} refusable maxlength={80} autocomplete="off" />
    <Message />
    <button type="submit" class="primary">
      {texts.add.verb}
    </button>
    <p class="hint">{texts.add.about}</p>
  </form>
);

interface AccountPageProps {
  person: PagePerson;
  me: Me;
  /** How long sessions last. */
  hours: { idle: number; most: number };
}

export const AccountPage: FC<AccountPageProps> = ({ person, me, hours }) => (
  <Layout title={texts.title} sheets={["desk"]} script="account.js" person={person} here="/account">
    <main id="account" data-person={me.id} data-username={me.username}>
      <h1>
        <Text value={me.display_name === "" ? me.username : me.display_name} />
      </h1>
      <p>{texts.about}</p>
      {toJsx(
        termList(
          term(texts.username, textView(me.username)),
          term(texts.roles, ...listView(me.roles)),
          term(texts.groups, ...listView(me.groups)),
        ),
      )}
      <p>{texts.notificationsAbout(<a href="/account/notifications">{texts.notifications}</a>)}</p>
      <p>{texts.serversAbout(<a href="/account/servers">{texts.servers}</a>)}</p>
      {toJsx(onlyWayInView(me.roles.includes("admin"), me.admin_passkeys))}
      <h2>{texts.passkeys}</h2>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      {toJsx(ownPasskeysView(me))}
      <h2>{texts.add.title}</h2>
      <AddForm />
      {person.mayStop === true || me.stop_token !== null ? (
        <section aria-labelledby="stop-token-title">
          <h2 id="stop-token-title">{texts.stopToken.title}</h2>
          <p class="quiet">{texts.stopToken.about(<code>countersign stop</code>)}</p>
          <div id="made-token" class="created" tabindex={-1} hidden>
            <p>{texts.stopToken.once}</p>
            <Snippet id="token" title={texts.stopToken.title} copies={texts.stopToken.copy} />
            <Copied />
          </div>
          {toJsx(stopTokenView(me))}
        </section>
      ) : null}
      <h2>{texts.sessions.title}</h2>
      <p class="quiet">{texts.sessions.limits(hours.idle, hours.most)}</p>
      {toJsx(ownSessionsView(me))}
      <NeedsScript />
      <RenameDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={ME_BLOCK_ID} data={me} />
  </Layout>
);
