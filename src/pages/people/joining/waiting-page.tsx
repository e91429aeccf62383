/**
 * `/enrol/waiting`: what a new passkey waits for. Nobody is signed in here; the script shows what the page that made the
 * passkey left in this browser, so that no link can make somebody read out another passkey's digits.
 */
import type { FC } from "hono/jsx";
import { Layout } from "#pages/kit/layout.tsx";
import { joiningTexts as texts } from "#texts/joining.ts";

/** Filled by the script: the digits, and how it stands. */
export const MadePasskeyStands: FC = () => (
  <>
    <div id="waiting" hidden></div>
    <p id="stands" role="status" hidden>
      {texts.waiting.stands}
    </p>
    <p>
      <a class="button quiet" id="go-in" href="/">
        {texts.waiting.signIn}
      </a>
    </p>
  </>
);

export const WaitingPage: FC = () => (
  <Layout title={texts.waiting.title} sheets={["desk"]} script="waiting.js">
    <main class="narrow">
      <h1>{texts.waiting.heading}</h1>
      <p id="unknown">{texts.waiting.elsewhere}</p>
      <MadePasskeyStands />
    </main>
  </Layout>
);
