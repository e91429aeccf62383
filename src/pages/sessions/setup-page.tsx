/** `/setup#<token>`: the first person enrols. The token is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { IntroductionFields } from "#pages/kit/introduction-fields.tsx";
import { Layout, Message, NeedsScript } from "#pages/kit/layout.tsx";

export const SetupPage: FC = () => (
  <Layout title="Set up" script="setup.js">
    <main class="narrow">
      <h1>Set up Countersign</h1>
      <p>
        You are the first person here. You become the admin, and you approve what agents ask for. Your passkey stays on your device; it is
        both how you sign in and how you sign decisions.
      </p>
      <form id="setup" novalidate>
        <IntroductionFields />
        <Message />
        <button type="submit" class="primary">
          Create passkey
        </button>
      </form>
      <NeedsScript />
    </main>
  </Layout>
);
