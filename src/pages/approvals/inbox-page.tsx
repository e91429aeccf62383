/** `/` when signed in: what waits for this person and what has ended; for auditors, what everybody asked. Lists are inbox-view.ts. */
import type { FC } from "hono/jsx";
import { type Inbox, isSearch } from "#api/inbox-data.ts";
import { Layout, Message, type PagePerson, toLookAtText } from "#pages/kit/layout.tsx";
import { onlyWayInView } from "#pages/kit/only-way-in-view.ts";
import { plainText } from "#pages/kit/text-view.ts";
import { toJsx } from "#pages/kit/view-jsx.ts";
import { approvalsTexts as texts } from "#texts/approvals.ts";
import { inboxTitle, listView, roleView, tabsView, TOO_GRAVE } from "./inbox-view.ts";

const RISKS = [
  ["", texts.inbox.anyRisk],
  ["high,critical", texts.inbox.highOrCritical],
  ["critical", texts.inbox.critical],
  ["high", texts.inbox.high],
  ["medium", texts.inbox.medium],
  ["low", texts.inbox.low],
] as const;

const KEYS = [
  ["J", texts.inbox.nextRequest],
  ["K", texts.inbox.previousRequest],
  [texts.inbox.enter, texts.inbox.openIt],
  ["X", texts.inbox.selectIt],
  ["/", texts.inbox.search],
  [texts.inbox.gThenI, texts.inbox.requests],
  [texts.inbox.gThenA, texts.inbox.agents],
  [texts.inbox.gThenP, texts.inbox.policy],
  ["?", texts.inbox.theseKeys],
] as const;

/** Looks in all lists at once, whichever is shown, and works without a script. */
const Search: FC<{ inbox: Inbox }> = ({ inbox }) => {
  const { q, risk, agent } = inbox.search;
  const agents = [...new Set(inbox.lists.flatMap(({ rows }) => rows.map((row) => plainText(row.agent))))];
  return (
    <form id="search" class="inline" method="get" action="/" role="search">
      <div class="field">
        <label for="q">{texts.inbox.searchRequests}</label>
        <input
          id="q"
          name="q"
          type="search"
          value={q}
          maxlength={200}
          autocomplete="off"
          spellcheck={false}
          placeholder={texts.inbox.actionAgentOrId}
        />
      </div>
      <div class="field">
        <label for="risk">{texts.inbox.risk}</label>
        <select id="risk" name="risk">
          {RISKS.map(([value, name]) => (
            <option value={value} selected={risk === value}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="agent">{texts.inbox.agent}</label>
        <input
          id="agent"
          name="agent"
          list="agents"
          value={agent}
          maxlength={100}
          autocomplete="off"
          spellcheck={false}
          placeholder={texts.inbox.anyAgent}
        />
        <datalist id="agents">
          {agents.map((name) => (
            <option value={name}></option>
          ))}
        </datalist>
      </div>
      <button type="submit">{texts.inbox.search}</button>
      {isSearch(inbox) ? <a href="/">{texts.inbox.clear}</a> : null}
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
      {texts.inbox.reviewSelectedTogether}
    </button>
  </form>
);

const Keys: FC = () => (
  <>
    <p class="keys-way" hidden>
      <button type="button" class="link" id="show-keys" aria-keyshortcuts="?">
        {texts.inbox.keyboard}
      </button>
    </p>
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">{texts.inbox.keyboard}</h2>
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
      <p class="hint">{texts.inbox.noKeyDecides}</p>
      <form method="dialog">
        <button type="submit">{texts.inbox.close}</button>
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
        {inbox.tabs.length === 0 ? <h1>{texts.inbox.requests}</h1> : null}
        {tabs === null ? null : toJsx(tabs)}
        {inbox.tabs.length === 0 ? null : <Search inbox={inbox} />}
        <Message />
        <p id="heard" class="unseen" role="status"></p>
        {inbox.lists.map((list) => toJsx(listView(list, inbox)))}
        {waits ? <Together /> : null}
        {role === null ? null : toJsx(role)}
        {person.toLookAt == null ? null : <p class="quiet">{texts.inbox.toLookAt(<a href="/look">{toLookAtText(person.toLookAt)}</a>)}</p>}
        {person.mayStop ? <p class="quiet">{texts.inbox.misbehaving(<a href="/stop">{texts.inbox.stop}</a>)}</p> : null}
        <Keys />
      </main>
    </Layout>
  );
};
