/** Signing in, at whatever address was asked for. It says nothing of what is there. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript } from "#pages/kit/layout.tsx";
import { localPath } from "#pages/kit/local-path.ts";
import { sessionsTexts as texts } from "#texts/sessions.ts";

interface SignInPageProps {
  /** The path to go to afterwards; anything but a path of this service becomes `/`. */
  next: string;
  /** Whether anybody is enrolled, who could sign in. */
  hasPeople?: boolean;
}

/** The script shows it where browsers offer passkeys in a field. What is typed there goes nowhere. */
const Offered: FC = () => (
  <div id="offered" hidden>
    <Field
      id="username"
      name="username"
      label={texts.signIn.username}
      hint={texts.signIn.usernameHint}
      autocomplete="username webauthn"
      autocapitalize="none"
      spellcheck={false}
    />
  </div>
);

export const SignInPage: FC<SignInPageProps> = ({ next, hasPeople = true }) => (
  <Layout title={texts.signIn.signIn} script="sign-in.js">
    <main class="narrow">
      <h1>{texts.signIn.signIn}</h1>
      <p>{texts.signIn.about}</p>
      {hasPeople ? null : <p class="note">{texts.signIn.nobodyYet}</p>}
      <form id="sign-in" data-next={localPath(next)}>
        <Offered />
        <Message />
        <button type="submit" class="primary">
          {texts.signIn.signInWithPasskey}
        </button>
      </form>
      <NeedsScript />
    </main>
  </Layout>
);
