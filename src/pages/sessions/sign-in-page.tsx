/** Signing in, at whatever address was asked for. It says nothing of what is there. */
import type { FC } from "hono/jsx";
import { Layout, Message, NeedsScript } from "#pages/kit/layout.tsx";
import { localPath } from "#pages/kit/local-path.ts";

/** `next`: the path to go to afterwards; anything but a path of this service becomes `/`. */
export const SignInPage: FC<{ next: string }> = ({ next }) => (
  <Layout title="Sign in" script="sign-in.js">
    <main class="narrow">
      <h1>Sign in</h1>
      <p>Requests of agents wait here for the people who decide them.</p>
      <form id="sign-in" data-next={localPath(next)}>
        <Message />
        <button type="submit" class="primary">
          Sign in with passkey
        </button>
      </form>
      <NeedsScript />
    </main>
  </Layout>
);
