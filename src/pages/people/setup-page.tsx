/** `/setup#<token>`: the first person enrols. The token is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { MessagePage } from "#pages/kit/message-page.tsx";
import { IntroductionForm } from "./introduction-form.tsx";

export const SetupPage: FC = () => (
  <Layout title="Set up" sheets={["desk"]} script="setup.js">
    <main class="narrow">
      <h1>Set up Countersign</h1>
      <p>
        You are the first person here. You become the admin, and you approve what agents ask for. Your passkey stays on your device; it is
        both how you sign in and how you sign decisions.
      </p>
      <IntroductionForm id="setup" />
    </main>
  </Layout>
);

/** For `/setup` once somebody is enrolled. */
export const SetupClosedPage: FC = () => (
  <MessagePage
    title="Setup is done"
    message="The first person has enrolled, and this link works only once. If that was you, sign in. If it was not, stop using this service and look into who it was."
    link={{ href: "/", name: "Sign in" }}
  />
);
