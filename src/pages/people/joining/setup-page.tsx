/** `/setup#<token>`: the first person enrols. The token is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { MessagePage } from "#pages/kit/message-page.tsx";
import { joiningTexts as texts } from "#texts/joining.ts";
import { IntroductionForm } from "./introduction-form.tsx";

export const SetupPage: FC = () => (
  <Layout title={texts.setup.title} sheets={["desk"]} script="setup.js">
    <main class="narrow">
      <h1>{texts.setup.heading}</h1>
      <p>{texts.setup.about}</p>
      <IntroductionForm id="setup" />
    </main>
  </Layout>
);

/** For `/setup` once somebody is enrolled. */
export const SetupClosedPage: FC = () => (
  <MessagePage
    title={texts.setup.closed.title}
    message={texts.setup.closed.message}
    link={{ href: "/", name: texts.setup.closed.signIn }}
  />
);
