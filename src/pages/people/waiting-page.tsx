/**
 * `/enrol/waiting`: what a new passkey waits for. Nobody is signed in here; the script shows what the page that made the
 * passkey left in this browser, so that no link can make somebody read out another passkey's digits.
 */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";

export const WaitingPage: FC = () => (
  <Layout title="Waiting for an admin" script="waiting.js">
    <main class="narrow">
      <h1>Your passkey waits for an admin</h1>
      <div id="waiting" hidden></div>
      <p id="unknown">
        The digits to compare are shown in the browser that made the passkey, on this device only. Open this page there. If they are lost,
        ask an admin for a new invitation.
      </p>
      <p>When the admin has confirmed it, sign in. Until then it opens nothing.</p>
      <p>
        <a class="button quiet" href="/">
          Sign in
        </a>
      </p>
    </main>
  </Layout>
);
