/** `/` when signed in: what waits for this person and what has ended; for auditors, what everybody asked. Lists are inbox-view.ts. */
import type { FC } from "hono/jsx";
import { type Inbox, isSearch } from "#api/inbox-data.ts";
import { Layout, Message, type PagePerson, toLookAtText } from "#pages/kit/layout.tsx";
import { onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { inboxTitle, listView, roleView, tabsView, TOO_GRAVE } from "./inbox-view.ts";

const RISKS = [
  ["", "Any risk"],
  ["high,critical", "High or critical"],
  ["critical", "Critical"],
  ["high", "High"],
  ["medium", "Medium"],
  ["low", "Low"],
] as const;

const KEYS = [
  ["J", "Next request"],
  ["K", "Previous request"],
  ["Enter", "Open it"],
  ["X", "Select it"],
  ["/", "Search"],
  ["G then I", "Requests"],
  ["G then A", "Agents"],
  ["G then P", "Policy"],
  ["?", "These keys"],
] as const;

/** Looks in all lists at once, whichever is shown, and works without a script. */
const Search: FC<{ inbox: Inbox }> = ({ inbox }) => {
  const { q, risk, agent } = inbox.search;
  const agents = [...new Set(inbox.lists.flatMap(({ rows }) => rows.map((row) => plainText(row.agent))))];
  return (
    <form id="search" class="inline" method="get" action="/" role="search">
      <div class="field">
        <label for="q">Search requests</label>
        <input
          id="q"
          name="q"
          type="search"
          value={q}
          maxlength={200}
          autocomplete="off"
          spellcheck={false}
          placeholder="Action, agent or id"
        />
      </div>
      <div class="field">
        <label for="risk">Risk</label>
        <select id="risk" name="risk">
          {RISKS.map(([value, name]) => (
            <option value={value} selected={risk === value}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="agent">Agent</label>
        <input
          id="agent"
          name="agent"
          list="agents"
          value={agent}
          maxlength={100}
          autocomplete="off"
          spellcheck={false}
          placeholder="Any agent"
        />
        <datalist id="agents">
          {agents.map((name) => (
            <option value={name}></option>
          ))}
        </datalist>
      </div>
      <button type="submit">Search</button>
      {isSearch(inbox) ? <a href="/">Clear</a> : null}
    </form>
  );
};

/** What was selected; shown while something is. */
const Together: FC = () => (
  <form id="together" class="together" method="get" action="/batch">
    <p id="too-grave" class="quiet">
      {TOO_GRAVE}
    </p>
    <p id="selected" class="quiet" role="status"></p>
    <button type="submit" class="primary" id="review">
      Review selected together
    </button>
  </form>
);

const Keys: FC = () => (
  <>
    <p class="keys-way" hidden>
      <button type="button" class="link" id="show-keys" aria-keyshortcuts="?">
        Keyboard
      </button>
    </p>
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard</h2>
      <dl class="keys">
        {KEYS.map(([key, does]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">No key approves or denies anything.</p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  </>
);

interface InboxPageProps {
  person: PagePerson;
  /** How many standing passkeys all admins have together, for admins. */
  adminPasskeys?: number;
  inbox: Inbox;
  /** Whether there is a line over which the page hears of changes. */
  isLive?: boolean;
}

export const InboxPage: FC<InboxPageProps> = ({ person, adminPasskeys = 0, inbox, isLive = false }) => {
  const role = inbox.tabs.length === 0 ? roleView(inbox) : null;
  const tabs = tabsView(inbox);
  const waits = inbox.lists.some(({ name }) => name === "waiting");
  return (
    <Layout title={inboxTitle(inbox)} sheets={["desk"]} script="inbox.js" person={person} here="/">
      <main id="inbox" data-now={inbox.now} data-tag={inbox.tag} data-line={isLive ? "/inbox/live" : undefined}>
        {toJsx(onlyWayInView(person.mayAdminister, adminPasskeys))}
        {inbox.tabs.length === 0 ? <h1>Requests</h1> : null}
        {tabs === null ? null : toJsx(tabs)}
        {inbox.tabs.length === 0 ? null : <Search inbox={inbox} />}
        <Message />
        <p id="heard" class="unseen" role="status"></p>
        {inbox.lists.map((list) => toJsx(listView(list, inbox)))}
        {waits ? <Together /> : null}
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
        <Keys />
      </main>
    </Layout>
  );
};
