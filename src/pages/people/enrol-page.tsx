/** `/enrol#<code>`: an invited person makes a passkey. The code is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { IntroductionForm } from "./introduction-form.tsx";

export const EnrolPage: FC = () => (
  <Layout title="Join" script="enrol.js">
    <main class="narrow">
      <h1>Join Countersign</h1>
      <p>
        You were invited to decide what agents may do. Your passkey stays on your device; it is both how you sign in and how you sign
        decisions. An admin confirms it before it can do anything. If your invitation came with a username, enter that one.
      </p>
      <IntroductionForm id="enrol" />
    </main>
  </Layout>
);
