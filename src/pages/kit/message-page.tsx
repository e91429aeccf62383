/** Pages that only say something: what happened, that nothing was lost, and what to do now. */
import type { FC } from "hono/jsx";
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

export const MessagePage: FC<MessagePageProps> = ({ title, message, code, person, link = { href: "/", name: "Go to the requests" } }) => (
  <Layout title={title} person={person}>
    <main class="narrow">
      <h1>{title}</h1>
      <p>
        <Text value={message} />
      </p>
      {code === undefined ? null : (
        <p class="quiet">
          Code: <code>{code}</code>
        </p>
      )}
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
  <MessagePage
    title="Nothing here for you"
    message="There is no such page, or it is a request that you are not asked to decide. If somebody sent you this link, ask them who should have it."
    person={person}
  />
);

/** For a refusal or a fault where a page was expected. */
export const ErrorPage: FC<{ code: string; message: string; person?: PagePerson | undefined }> = ({ code, message, person }) => (
  <MessagePage title="That did not work" message={message} code={code} person={person} />
);
