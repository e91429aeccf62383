/**
 * `/enrol/waiting`: what a new passkey waits for. Nobody is signed in here; the script shows what the page that made the
 * passkey left in this browser, so that no link can make somebody read out another passkey's digits.
 */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";

/** Filled by the script: the digits, and how it stands. */
export const MadePasskeyStands: FC = () => (
  <>
    <div id="waiting" hidden></div>
    <p id="stands" role="status" hidden>
      This page says so when an admin has confirmed it. Until then it opens nothing.
    </p>
    <p>
      <a class="button quiet" id="go-in" href="/">
        Sign in
      </a>
    </p>
  </>
);

export const WaitingPage: FC = () => (
  <Layout title="Waiting for an admin" sheets={["desk"]} script="waiting.js">
    <main class="narrow">
      <h1>Your passkey is waiting for an admin</h1>
      <p id="unknown">
        The digits to compare are shown in the browser that made the passkey, on this device only. Open this page there. If they are lost,
        ask an admin for a new invitation.
      </p>
      <MadePasskeyStands />
    </main>
  </Layout>
);
