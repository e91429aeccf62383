/** The lists of an inbox as views, which the server sends and the page's script makes again when something changed. Pure. */
import type { Inbox, InboxList, InboxListName, InboxRow } from "#api/inbox-data.ts";
import { dayView } from "#pages/kit/row-view.ts";
import { textView } from "#pages/kit/text-view.ts";
import { timeLeftText } from "#pages/kit/time-text.ts";
import { element, styled, type View, type ViewElement } from "#pages/kit/view.ts";

const TITLES: Record<InboxListName, string> = {
  waiting: "Waiting for you",
  signed: "You have signed; others are awaited",
  recent: "Recent",
  open: "Open requests",
  ended: "Ended requests",
};

const STATUS_WORDS: Record<InboxRow["status"], string> = {
  pending: "Pending",
  approved: "Approved",
  denied: "Denied",
  expired: "Expired",
  cancelled: "Cancelled",
};

/** How many of one agent's stand back is told by a link to all of them. */
const isByDeadline = (name: InboxListName): boolean => name !== "recent" && name !== "ended";

function rowView(row: InboxRow, now: string): ViewElement {
  const { id, action, agent, status, requested_at: requestedAt, expires_at: expiresAt } = row;
  const isOpen = status === "pending";
  return element(
    "li",
    { "data-request": id },
    element("a", { class: "what", href: `/a/${id}` }, textView(action)),
    styled("span", "who", textView(agent), ...(isOpen ? [] : [", ", dayView(requestedAt)])),
    isOpen
      ? element(
          "time",
          { class: "when", datetime: expiresAt, "data-expires": expiresAt },
          timeLeftText(Date.parse(expiresAt) - Date.parse(now)),
        )
      : element("span", { class: "when verdict", "data-status": status }, STATUS_WORDS[status]),
  );
}

function nothing(name: InboxListName, { shows, person }: Inbox): View[] {
  if (shows === "further") return ["Nothing more."];
  switch (name) {
    case "waiting": {
      const connect = [" To connect an agent, ", element("a", { href: "/admin/agents" }, "create one"), " and give it its key."];
      const text =
        "Nothing is waiting. When an agent asks for an approval that you can give, the request appears here, and the agent shows you its link.";
      return [text, ...(person.administers ? connect : [])];
    }
    case "signed":
      return ["Requests that you have signed and that others still have to sign are listed here."];
    case "recent":
      return ["Requests that were decided, have expired or were cancelled are listed here, each with its receipt."];
    case "open":
      return ["No request is open. When an agent asks for an approval, it appears here."];
    case "ended":
      return ["Requests that were decided, have expired or were cancelled are listed here, each with its receipt."];
  }
}

/** The ways from this part of a list to its others. */
function waysView({ name, rows, total, next }: InboxList, { shows }: Inbox): ViewElement | null {
  const isCut = total !== null && total > rows.length;
  const word = isCut ? `All ${total}, by deadline` : isByDeadline(name) ? "More" : "Older";
  const ways = [
    shows === "further" ? element("a", { href: `/?list=${name}` }, isByDeadline(name) ? "From the beginning" : "Newest") : null,
    next === null ? null : element("a", { href: next }, word),
  ].filter((way) => way !== null);
  return ways.length === 0 ? null : element("nav", { class: "ways", "aria-label": TITLES[name] }, ...ways);
}

/** One list, in the element that stands for it while the page is open. The first one names the page. */
export function listView(list: InboxList, inbox: Inbox): ViewElement {
  const { name, rows } = list;
  const isFirst = inbox.lists[0]?.name === name;
  if (name === "signed" && rows.length === 0 && !isFirst) return element("div", { id: `list-${name}` });
  return element(
    "div",
    { id: `list-${name}` },
    isFirst ? element("h1", { tabindex: "-1" }, TITLES[name]) : element("h2", {}, TITLES[name]),
    isFirst && !inbox.person.decides ? roleView(inbox) : null,
    rows.length === 0
      ? styled("p", "nothing", ...nothing(name, inbox))
      : styled("ul", "rows", ...rows.map((row) => rowView(row, inbox.now))),
    waysView(list, inbox),
  );
}

/** The document's title, with how much waits. */
export function inboxTitle({ lists }: Pick<Inbox, "lists">): string {
  const waiting = lists.find(({ name }) => name === "waiting");
  const count = waiting?.total ?? waiting?.rows.length ?? 0;
  return count === 0 ? "Requests" : `(${count}) Requests`;
}

const NO_ROLE = "You have no role that reads or decides requests. An admin can give you one.";
const ADMIN_ONLY = "As an admin you manage agents and people. Requests are for those who decide them, and for auditors.";

/** What somebody can do here, where that is not to decide; null where the lists say it. */
export function roleView({ lists, shows, person }: Inbox): ViewElement | null {
  if (lists.length === 0) return element("p", {}, person.administers ? ADMIN_ONLY : NO_ROLE);
  if (shows !== "all" || !person.audits) return null;
  const can = "As an auditor you can read every request and its receipt";
  if (!person.decides) return element("p", {}, `${can}; you decide none.`);
  const open = element("a", { href: "/?list=open" }, "what is open");
  return element("p", { class: "quiet" }, `${can}: `, open, ", and ", element("a", { href: "/?list=ended" }, "what has ended"), ".");
}
