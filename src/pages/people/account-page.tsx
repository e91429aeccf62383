/** `/account`: who one is here, and one's own passkeys: adding (an admin confirms it), naming, revoking. */
import type { FC } from "hono/jsx";
import { ownPasskeysView } from "./account-view.ts";
import { ConfirmDialog } from "#pages/kit/confirm-dialog.tsx";
import { DataBlock, Layout, Message, NeedsScript, type PagePerson, Text } from "#pages/kit/layout.tsx";
import type { Me } from "#api/people-data.ts";
import { ME_BLOCK_ID } from "#api/people-shapes.ts";
import { term } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { element, type View } from "#pages/kit/view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";

const listView = (texts: readonly string[]): View[] =>
  texts.length === 0 ? ["none"] : texts.flatMap((text, i) => (i === 0 ? [textView(text)] : [", ", textView(text)]));

const RenameDialog: FC = () => (
  <dialog id="rename" aria-labelledby="rename-title">
    <form id="rename-form" novalidate>
      <h2 id="rename-title">Name this passkey</h2>
      <div class="field">
        <label for="passkey-name">Name</label>
        <input id="passkey-name" name="name" maxlength={80} autocomplete="off" aria-describedby="passkey-name-hint passkey-name-error" />
        <p class="hint" id="passkey-name-hint">
          Where it is, such as “phone”. Only you and the admins read it.
        </p>
        <p class="error" id="passkey-name-error" hidden></p>
      </div>
      <Message id="rename-message" />
      <div class="buttons">
        <button type="button" id="rename-keep">
          Keep
        </button>
        <button type="submit" class="primary">
          Save name
        </button>
      </div>
    </form>
  </dialog>
);

const AddForm: FC = () => (
  <form id="add" novalidate>
    <div class="field">
      <label for="name">Name of the new passkey</label>
      <input id="name" name="name" maxlength={80} autocomplete="off" aria-describedby="name-hint name-error" />
      <p class="hint" id="name-hint">
        Optional. Where it is, such as “phone”.
      </p>
      <p class="error" id="name-error" hidden></p>
    </div>
    <Message />
    <button type="submit" class="primary">
      Add passkey
    </button>
    <p class="hint">An admin has to confirm it before it can do anything. A second passkey is how you get in when the first is lost.</p>
  </form>
);

export const AccountPage: FC<{ person: PagePerson; me: Me }> = ({ person, me }) => (
  <Layout title="Account" script="account.js" person={person} here="/account">
    <main id="account" data-person={me.id} data-username={me.username}>
      <h1>
        <Text value={me.display_name === "" ? me.username : me.display_name} />
      </h1>
      <p>What you are here, admins decide. Your passkeys are how you sign in and how you sign decisions.</p>
      {toJsx(
        element(
          "dl",
          { class: "object terms" },
          term("Username", textView(me.username)),
          term("Roles", ...listView(me.roles)),
          term("Groups", ...listView(me.groups)),
        ),
      )}
      <h2>Your passkeys</h2>
      <p id="done" class="done" role="status" tabindex={-1}></p>
      {toJsx(ownPasskeysView(me))}
      <h2>Add a passkey</h2>
      <AddForm />
      <NeedsScript />
      <RenameDialog />
      <ConfirmDialog />
    </main>
    <DataBlock id={ME_BLOCK_ID} data={me} />
  </Layout>
);
