/** `/` when signed in: what waits for this person and what has ended; for auditors, what everybody asked. Lists are inbox-view.ts. */
import type { FC } from "hono/jsx";
import type { Inbox } from "#api/inbox-data.ts";
import { Layout, Message, type PagePerson, toLookAtText } from "#pages/kit/layout.tsx";
import { onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { inboxTitle, listView, roleView } from "./inbox-view.ts";

interface InboxPageProps {
  person: PagePerson;
  /** How many standing passkeys all admins have together, for admins. */
  adminPasskeys?: number;
  inbox: Inbox;
}

export const InboxPage: FC<InboxPageProps> = ({ person, adminPasskeys = 0, inbox }) => {
  const role = inbox.person.decides || inbox.lists.length === 0 ? roleView(inbox) : null;
  const lists = inbox.lists.map((list) => toJsx(listView(list, inbox)));
  return (
    <Layout title={inboxTitle(inbox)} sheets={["desk"]} script="inbox.js" person={person} here="/">
      <main id="inbox" data-now={inbox.now} data-tag={inbox.tag}>
        {toJsx(onlyWayInView(person.mayAdminister, adminPasskeys))}
        {lists.length === 0 ? <h1>Requests</h1> : null}
        <Message />
        <p id="heard" class="unseen" role="status"></p>
        {lists}
        {role === null ? null : toJsx(role)}
        {person.toLookAt == null ? null : (
          <p class="quiet">
            What passed by a rule and is unusual for its agent: <a href="/look">{toLookAtText(person.toLookAt)}</a>
          </p>
        )}
        {person.mayStop ? (
          <p class="quiet">
            An agent does what it should not? <a href="/stop">Stop this agent, or all of them</a>
          </p>
        ) : null}
      </main>
    </Layout>
  );
};
