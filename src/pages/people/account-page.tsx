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

const listView = (texts: readonly string[]): View[] =>
  texts.length === 0 ? ["none"] : texts.flatMap((text, i) => (i === 0 ? [textView(text)] : [", ", textView(text)]));

const RenameDialog: FC = () => (
  <FormDialog id="rename" title="Name this passkey" verb="Save name">
    <Field
      id="passkey-name"
      name="name"
      label="Name"
      hint="Where it is, such as “phone”. Only you and the admins read it."
      refusable
      maxlength={80}
      autocomplete="off"
    />
  </FormDialog>
);

const AddForm: FC = () => (
  <form id="add" novalidate>
    <Field
      id="name"
      name="name"
      label="Name of the new passkey"
      hint="Optional. Where it is, such as “phone”."
      refusable
      maxlength={80}
      autocomplete="off"
    />
    <Message />
    <button type="submit" class="primary">
      Add passkey
    </button>
    <p class="hint">An admin has to confirm it before it can do anything. A second passkey is how you get in when the first is lost.</p>
  </form>
);

export const AccountPage: FC<{ person: PagePerson; me: Me }> = ({ person, me }) => (
  <Layout title="Account" sheets={["desk"]} script="account.js" person={person} here="/account">
    <main id="account" data-person={me.id} data-username={me.username}>
      <h1>
        <Text value={me.display_name === "" ? me.username : me.display_name} />
      </h1>
      <p>Admins decide what you may do here. You sign in with your passkeys, and sign your decisions with them.</p>
      {toJsx(
        termList(term("Username", textView(me.username)), term("Roles", ...listView(me.roles)), term("Groups", ...listView(me.groups))),
      )}
      <p>
        <a href="/account/notifications">Notifications</a>: how you hear of requests, and who hears in your place.
      </p>
      <p>
        <a href="/account/servers">Servers</a>: which ones your agents call as you.
      </p>
      {toJsx(onlyWayInView(me.roles.includes("admin"), me.admin_passkeys))}
      <h2>Your passkeys</h2>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      {toJsx(ownPasskeysView(me))}
      <h2>Add a passkey</h2>
      <AddForm />
      {person.mayStop === true || me.stop_token !== null ? (
        <section aria-labelledby="stop-token-title">
          <h2 id="stop-token-title">Stop token</h2>
          <p class="quiet">
            With it, <code>countersign stop</code> stops an agent that you could stop here, and does nothing else: it releases nothing.
          </p>
          <div id="made-token" class="created" tabindex={-1} hidden>
            <p>This is the only time it is shown.</p>
            <Snippet id="token" title="Stop token" copies="Copy token" />
            <Copied />
          </div>
          {toJsx(stopTokenView(me))}
        </section>
      ) : null}
      <h2>Where you are signed in</h2>
      <p class="quiet">A session ends after twelve hours without use, and a week after you signed in.</p>
      {toJsx(ownSessionsView(me))}
      <NeedsScript />
      <RenameDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={ME_BLOCK_ID} data={me} />
  </Layout>
);
