/** What an inbox holds, as its page and the page's script read it: `GET /` makes the page of it, `GET /inbox` tells it. */
import { boolean, integer, list, nullable, object, oneOf, type Of, text } from "#countersign/json/shape.ts";
import { time } from "#countersign/documents/words.ts";

const rowShape = object({
  id: text(1),
  action: text(),
  /** Its name. */
  agent: text(),
  requested_at: time,
  expires_at: time,
  status: oneOf("pending", "approved", "denied", "expired", "cancelled"),
  /** Null where it is not known. */
  risk: nullable(oneOf("low", "medium", "high", "critical")),
});
export type InboxRow = Of<typeof rowShape>;

/** `waiting`, `signed` and `recent` are an approver's own; `open` and `ended` are everybody's, for auditors. */
export const INBOX_LISTS = ["waiting", "signed", "recent", "open", "ended"] as const;
export type InboxListName = (typeof INBOX_LISTS)[number];

/** As addresses name them: `/?tab=decided`. */
export const TABS = { waiting: "for-you", signed: "waiting-on-others", recent: "decided", open: "open", ended: "ended" } as const;

/** `more`: there are more than were counted. */
const countShape = object({ count: integer(0), more: boolean });

const listShape = object({
  name: oneOf(...INBOX_LISTS),
  rows: list(rowShape),
  /** How many there are, where some of one agent's stand back for those of others. */
  total: nullable(countShape),
  /** Address of the page that goes on from here; null if that is all. */
  next: nullable(text(1)),
  /** How many were looked at, where there are more and fewer were found than there is room for. */
  looked_at: nullable(integer(0)),
});
export type InboxList = Of<typeof listShape>;

export const inboxShape = object({
  /** The same as long as nothing but time has passed; the page gives it back, and is answered with nothing then. */
  tag: text(1),
  /** The server's clock. */
  now: time,
  /** Of the tab that is shown; of a search that names none, all of them. */
  lists: list(listShape),
  /** The lists that this person has, in the order of their tabs. */
  tabs: list(oneOf(...INBOX_LISTS)),
  /** The tab that is shown; null where all are. */
  tab: nullable(oneOf(...INBOX_LISTS)),
  /** The most urgent of each agent; a list from its beginning; or one from further on. */
  shows: oneOf("first", "whole", "further"),
  /** What is looked for, as the form has it; empty for anything. */
  search: object({ q: text(), risk: text(), agent: text() }),
  /** How much waits for this person, whatever is shown; null for who decides nothing. */
  waiting: nullable(countShape),
  /** What this person may do, which the words of the page follow. */
  person: object({ decides: boolean, audits: boolean, administers: boolean }),
});
export type Inbox = Of<typeof inboxShape>;

export const isSearch = ({ search }: Pick<Inbox, "search">): boolean => Object.values(search).some((one) => one !== "");
