/** `/enrol#<code>`: an invited person makes a passkey. The code is in the fragment, so the server never sees it until the form is sent. */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { joiningTexts as texts } from "#texts/joining.ts";
import { IntroductionForm } from "./introduction-form.tsx";
import { MadePasskeyStands } from "./waiting-page.tsx";

export const EnrolPage: FC = () => (
  <Layout title={texts.enrol.title} sheets={["desk"]} script="enrol.js">
    <main class="narrow">
      <div id="joining">
        <h1>{texts.enrol.heading}</h1>
        <p>{texts.enrol.about}</p>
        <div id="invitation" hidden></div>
        <IntroductionForm id="enrol" />
      </div>
      <div id="made" hidden>
        <h1>{texts.waiting.heading}</h1>
        <p>{texts.enrol.keepOpen}</p>
        <MadePasskeyStands />
      </div>
    </main>
  </Layout>
);
