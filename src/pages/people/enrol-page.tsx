/** `/enrol#<code>`: an invited person makes a passkey. The code is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { IntroductionForm } from "./introduction-form.tsx";
import { MadePasskeyStands } from "./waiting-page.tsx";

export const EnrolPage: FC = () => (
  <Layout title="Join" sheets={["desk"]} script="enrol.js">
    <main class="narrow">
      <div id="joining">
        <h1>Join Countersign</h1>
        <p>
          You were invited to decide what agents may do. Your passkey stays on your device; it is both how you sign in and how you sign
          decisions. An admin confirms it before it can do anything.
        </p>
        <div id="invitation" hidden></div>
        <IntroductionForm id="enrol" />
      </div>
      <div id="made" hidden>
        <h1>Your passkey is waiting for an admin</h1>
        <p>This browser keeps nothing for later, so leave this page open until an admin has confirmed your passkey.</p>
        <MadePasskeyStands />
      </div>
    </main>
  </Layout>
);
