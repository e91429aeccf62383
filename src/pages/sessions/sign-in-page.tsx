/** Signing in, at whatever address was asked for. It says nothing of what is there. */
import type { FC } from "hono/jsx";
import { Field } from "#pages/kit/field.tsx";
import { Layout, Message, NeedsScript } from "#pages/kit/layout.tsx";
import { localPath } from "#pages/kit/local-path.ts";

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
      label="Username"
      hint="Your browser offers your passkey here. You can also leave it empty and use the button."
      autocomplete="username webauthn"
      autocapitalize="none"
      spellcheck={false}
    />
  </div>
);

export const SignInPage: FC<SignInPageProps> = ({ next, hasPeople = true }) => (
  <Layout title="Sign in" script="sign-in.js">
    <main class="narrow">
      <h1>Sign in</h1>
      <p>Agents’ requests wait here for the people who decide on them.</p>
      {hasPeople ? null : (
        <p class="note">
          Nobody is enrolled here yet. The first person comes in through the setup link, which was printed when the service was deployed or
          started: open that one.
        </p>
      )}
      <form id="sign-in" data-next={localPath(next)}>
        <Offered />
        <Message />
        <button type="submit" class="primary">
          Sign in with passkey
        </button>
      </form>
      <NeedsScript />
    </main>
  </Layout>
);
