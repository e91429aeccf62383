/** The lists of an inbox as views, which the server sends and the page's script makes again when something changed. Pure. */
import { type Inbox, type InboxList, type InboxListName, type InboxRow, isSearch, TABS } from "#api/inbox-data.ts";
import { dayView } from "#pages/kit/row-view.ts";
import { plainText, textView } from "#pages/kit/text-view.ts";
import { timeLeftText, urgencyOf } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";
import { languageTexts as language } from "#texts/kit/language.ts";
import { inboxTexts as texts } from "#texts/browser/approvals/inbox.ts";

const TITLES: Record<InboxListName, string> = {
  waiting: texts.row.waitingForYou,
  signed: texts.row.signed,
  recent: texts.row.decided,
  open: texts.row.openRequests,
  ended: texts.row.endedRequests,
};

const TAB_NAMES: Record<InboxListName, string> = { ...TITLES, waiting: texts.row.forYou, signed: texts.row.waitingOnOthers };

const STATUS_WORDS: Record<InboxRow["status"], string> = {
  pending: texts.row.pending,
  approved: texts.row.approved,
  denied: texts.row.denied,
  expired: texts.row.expired,
  cancelled: texts.row.cancelled,
};

/** What is not known is said by nothing. */
const RISK_WORDS: Record<NonNullable<InboxRow["risk"]>, string> = {
  low: texts.row.lowRisk,
  medium: texts.row.mediumRisk,
  high: texts.row.highRisk,
  critical: texts.row.criticalRisk,
};

/** How many of one agent's stand back is told by a link to all of them. */
const isByDeadline = (name: InboxListName): boolean => name !== "recent" && name !== "ended";

export const TOO_GRAVE = texts.row.oneByOne;

/** Chosen to be reviewed with others; sent by the form `together`, also without a script. */
function selectView({ id, action, risk }: InboxRow): ViewElement {
  const isAlone = risk === "critical";
  const refused = isAlone ? { disabled: "", title: TOO_GRAVE, "aria-describedby": "too-grave" } : {};
  const name = texts.row.select(plainText(action));
  return element("input", { type: "checkbox", name: "id", value: id, form: "together", "aria-label": name, ...refused });
}

function rowView(row: InboxRow, now: string, isSelectable: boolean): ViewElement {
  const { id, action, agent, status, risk, requested_at: requestedAt, expires_at: expiresAt } = row;
  const isOpen = status === "pending";
  const leftMs = Date.parse(expiresAt) - Date.parse(now);
  return element(
    "li",
    { "data-request": id, ...(risk !== null && { "data-risk": risk }) },
    isSelectable ? selectView(row) : null,
    element("a", { class: "what", href: `/a/${id}` }, textView(action)),
    risk === null ? null : styled("span", `risk ${risk}`, RISK_WORDS[risk]),
    styled("span", "who", textView(agent), ...(isOpen ? [] : [", ", dayView(requestedAt)])),
    isOpen
      ? element(
          "time",
          { class: "when", datetime: expiresAt, "data-expires": expiresAt, "data-urgency": urgencyOf(leftMs) },
          timeLeftText(leftMs),
        )
      : element("span", { class: "when verdict", "data-status": status }, STATUS_WORDS[status]),
  );
}

function nothing(name: InboxListName, inbox: Inbox): View[] {
  const { shows, person } = inbox;
  if (isSearch(inbox)) return [texts.row.noneLikeThis];
  if (shows === "further") return [texts.row.nothingMore];
  switch (name) {
    case "waiting": {
      const connect = texts.row.connect(element("a", { href: "/admin/agents" }, texts.row.createOne));
      const text = texts.row.nothingWaiting;
      return [text, ...(person.administers ? connect : [])];
    }
    case "signed":
      return [texts.row.nothingSigned];
    case "recent":
      return [texts.row.nothingDecided];
    case "open":
      return [texts.row.noneOpen];
    case "ended":
      return [texts.row.noneEnded];
  }
}

/** How far was looked, where that is not all. */
function lookedAtView({ name, looked_at: lookedAt }: InboxList, inbox: Inbox): ViewElement | null {
  if (lookedAt === null) return null;
  const many = language.number(lookedAt);
  const what =
    name === "ended" ? texts.row.newestEntries(many) : isByDeadline(name) ? texts.row.leastTimeLeft(many) : texts.row.newestOf(many);
  return styled("p", "quiet looked-at", isSearch(inbox) ? texts.row.searched(what) : texts.row.lookedAt(what));
}

/** The ways from this part of a list to its others. */
function waysView({ name, rows, total, next, looked_at: lookedAt }: InboxList, inbox: Inbox): ViewElement | null {
  const isCut = total !== null && (total.more || total.count > rows.length);
  const all = total?.more === true ? texts.row.allByDeadline : texts.row.allOfByDeadline(total?.count ?? 0);
  const on =
    lookedAt === null
      ? isByDeadline(name)
        ? texts.row.more
        : texts.row.older
      : isSearch(inbox)
        ? texts.row.searchFurther
        : texts.row.lookFurther;
  const ways = [
    inbox.shows === "further"
      ? element("a", { href: tabAddress(name, inbox) }, isByDeadline(name) ? texts.row.fromTheBeginning : texts.row.newest)
      : null,
    next === null ? null : element("a", { href: next }, isCut ? all : on),
  ].filter((way) => way !== null);
  return ways.length === 0 ? null : element("nav", { class: "ways", "aria-label": TITLES[name] }, ...ways);
}

/** One list, in the element that stands for it while the page is open. The first one names the page. */
export function listView(list: InboxList, inbox: Inbox): ViewElement {
  const { name, rows } = list;
  const isFirst = inbox.lists[0]?.name === name;
  const isSelectable = name === "waiting" && rows.length > 1;
  return element(
    "div",
    { id: `list-${name}` },
    isFirst ? element("h1", { tabindex: "-1" }, TITLES[name]) : element("h2", {}, TITLES[name]),
    isFirst && !inbox.person.decides ? roleView(inbox) : null,
    rows.length === 0
      ? styled("p", "nothing", ...nothing(name, inbox))
      : styled("ul", "rows requests", ...rows.map((row) => rowView(row, inbox.now, isSelectable))),
    lookedAtView(list, inbox),
    waysView(list, inbox),
  );
}

/** A list from its beginning, with what is looked for. What waits is the page itself. */
function tabAddress(name: InboxListName, inbox: Inbox): string {
  if (name === "waiting" && !isSearch(inbox) && inbox.shows !== "further") return "/";
  const { q, risk, agent } = inbox.search;
  const query = new URLSearchParams({
    tab: TABS[name],
    ...(q !== "" && { q }),
    ...(risk !== "" && { risk }),
    ...(agent !== "" && { agent }),
  });
  return `/?${query.toString()}`;
}

const countText = ({ count, more }: NonNullable<Inbox["waiting"]>): string => `${count}${more ? "+" : ""}`;

/** The ways to the lists; null for who has one or none. */
export function tabsView(inbox: Inbox): ViewElement | null {
  const { tabs, tab, waiting } = inbox;
  if (tabs.length < 2) return null;
  const links = tabs.map((name) => {
    const count = name === "waiting" && waiting !== null && waiting.count > 0 ? { "data-count": countText(waiting) } : {};
    return element("a", { href: tabAddress(name, inbox), ...(name === tab && { "aria-current": "page" }), ...count }, TAB_NAMES[name]);
  });
  return element("nav", { id: "tabs", class: "tabs", "aria-label": texts.row.lists }, ...links);
}

/** The document's title, with how much waits. */
export function inboxTitle({ waiting }: Pick<Inbox, "waiting">): string {
  return waiting === null || waiting.count === 0 ? texts.row.requests : texts.row.requestsWaiting(countText(waiting));
}

const NO_ROLE = texts.row.noRole;
const ADMIN_ONLY = texts.row.asAdmin;

/** What somebody can do here, where that is not to decide; null where the lists say it. */
export function roleView({ tabs, person }: Pick<Inbox, "tabs" | "person">): ViewElement | null {
  if (tabs.length === 0) return element("p", {}, person.administers ? ADMIN_ONLY : NO_ROLE);
  if (person.decides) return null;
  return element("p", {}, texts.row.asAuditor);
}
