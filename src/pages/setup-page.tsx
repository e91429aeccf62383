/** `/setup#<token>`: the first person enrols. The token is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout, Message, NeedsScript } from "./layout.tsx";

export const SetupPage: FC = () => (
  <Layout title="Set up" script="setup.js">
    <main class="narrow">
      <h1>Set up Countersign</h1>
      <p>
        You are the first person here. You become the admin, and you approve what agents ask for. Your passkey stays on your device; it is
        both how you sign in and how you sign decisions.
      </p>
      <form id="setup" novalidate>
        <div class="field">
          <label for="username">Username</label>
          <input
            id="username"
            name="username"
            required
            maxlength={32}
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="username-hint username-error"
          />
          <p class="hint" id="username-hint">
            Small letters, digits, dot, dash and underscore. It is in every receipt and cannot be changed.
          </p>
          <p class="error" id="username-error" hidden></p>
        </div>
        <div class="field">
          <label for="display_name">Display name</label>
          <input
            id="display_name"
            name="display_name"
            required
            maxlength={80}
            autocomplete="name"
            aria-describedby="display_name-hint display_name-error"
          />
          <p class="hint" id="display_name-hint">
            How others see you, such as your full name.
          </p>
          <p class="error" id="display_name-error" hidden></p>
        </div>
        <Message />
        <button type="submit" class="primary">
          Create passkey
        </button>
      </form>
      <NeedsScript />
    </main>
  </Layout>
);
