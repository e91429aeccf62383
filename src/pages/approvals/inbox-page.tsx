/** `/` when signed in: what waits for this person, and what was decided lately. */
import type { FC } from "hono/jsx";
import { Layout, type PagePerson } from "#pages/kit/layout.tsx";
import { onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { dayView } from "#pages/kit/row-view.ts";
import { timeLeftText } from "#pages/kit/time-text.ts";
import { Text, toJsx } from "#pages/kit/view-jsx.ts";

export interface PendingItem {
  id: string;
  action: string;
  agentName: string;
  requestedAt: string;
  expiresAt: string;
}
export interface RecentItem {
  id: string;
  action: string;
  agentName: string;
  status: string;
  requestedAt: string;
}
interface InboxPageProps {
  person: PagePerson;
  /** How many standing passkeys all admins have together, for admins. */
  adminPasskeys?: number;
  pending: readonly PendingItem[];
  /** How many more wait, of agents that have many. */
  more: number;
  recent: readonly RecentItem[];
  /** The server's clock, as a time in words.ts. */
  now: string;
}

const STATUS_WORDS: Readonly<Record<string, string>> = {
  pending: "Pending",
  approved: "Approved",
  denied: "Denied",
  expired: "Expired",
  cancelled: "Cancelled",
};

const What: FC<{ item: PendingItem | RecentItem }> = ({ item: { id, action } }) => (
  <a class="what" href={`/a/${id}`}>
    <Text value={action} />
  </a>
);

const Pending: FC<{ item: PendingItem; now: string }> = ({ item, now }) => (
  <li>
    <What item={item} />
    <span class="who">
      <Text value={item.agentName} />
    </span>
    <time class="when" datetime={item.expiresAt} data-expires={item.expiresAt}>
      {timeLeftText(Date.parse(item.expiresAt) - Date.parse(now))}
    </time>
  </li>
);

const Recent: FC<{ item: RecentItem }> = ({ item }) => (
  <li>
    <What item={item} />
    <span class="who">
      <Text value={item.agentName} />
      {", "}
      {toJsx(dayView(item.requestedAt))}
    </span>
    <span class="when verdict" data-status={item.status}>
      {STATUS_WORDS[item.status] ?? item.status}
    </span>
  </li>
);

export const InboxPage: FC<InboxPageProps> = ({ person, adminPasskeys = 0, pending, more, recent, now }) => (
  <Layout title="Requests" script="inbox.js" person={person} here="/">
    <main data-now={now}>
      {toJsx(onlyWayInView(person.mayAdminister, adminPasskeys))}
      <h1>Waiting for you</h1>
      {pending.length === 0 ? (
        <p class="nothing">
          Nothing is waiting. When an agent asks for an approval that you can give, it appears here, and the agent shows you the link.
          {person.mayAdminister ? (
            <>
              {" "}
              To connect an agent, <a href="/admin/agents">create one</a> and give it its key.
            </>
          ) : null}
        </p>
      ) : (
        <ul class="rows">
          {pending.map((item) => (
            <Pending item={item} now={now} />
          ))}
        </ul>
      )}
      {more === 0 ? null : <p class="quiet">And {more} more, of agents with many requests: they follow as these are decided.</p>}
      <h2>Recent</h2>
      {recent.length === 0 ? (
        <p class="nothing">Requests that were decided, expired or were cancelled lately are listed here, each with its receipt.</p>
      ) : (
        <ul class="rows">
          {recent.map((item) => (
            <Recent item={item} />
          ))}
        </ul>
      )}
    </main>
  </Layout>
);
