/** Pages that only say something: what happened, that nothing was lost, and what to do now. */
import type { FC } from "hono/jsx";
import { kitTexts as texts } from "#texts/kit.ts";
import { Layout, type PagePerson } from "./layout.tsx";
import { Text } from "./view-jsx.ts";

interface MessagePageProps {
  title: string;
  message: string;
  /** A machine's name for what happened, such as `unavailable`, to quote when asking for help. */
  code?: string;
  person?: PagePerson | undefined;
  link?: { href: string; name: string };
}

export const MessagePage: FC<MessagePageProps> = ({
  title,
  message,
  code,
  person,
  link = { href: "/", name: texts.message.toRequests },
}) => (
  <Layout title={title} person={person}>
    <main class="narrow">
      <h1>{title}</h1>
      <p>
        <Text value={message} />
      </p>
      {code === undefined ? null : <p class="quiet">{texts.message.code(<code>{code}</code>)}</p>}
      <p>
        <a class="button quiet" href={link.href}>
          {link.name}
        </a>
      </p>
    </main>
  </Layout>
);

/** For an unknown address, an unknown request, and one that is somebody else's: no difference, so that nothing is given away. */
export const NotForYouPage: FC<{ person?: PagePerson | undefined }> = ({ person }) => (
  <MessagePage title={texts.message.notForYou} message={texts.message.noSuchPage} person={person} />
);

/** For a refusal or a fault where a page was expected. */
export const ErrorPage: FC<{ code: string; message: string; person?: PagePerson | undefined }> = ({ code, message, person }) => (
  <MessagePage title={texts.message.failed} message={message} code={code} person={person} />
);
