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
});
export type InboxRow = Of<typeof rowShape>;

/** `waiting`, `signed` and `recent` are an approver's own; `open` and `ended` are everybody's, for auditors. */
export const INBOX_LISTS = ["waiting", "signed", "recent", "open", "ended"] as const;
export type InboxListName = (typeof INBOX_LISTS)[number];

const listShape = object({
  name: oneOf(...INBOX_LISTS),
  rows: list(rowShape),
  /** How many there are, where some of one agent's stand back for those of others. */
  total: nullable(integer(0)),
  /** Address of the page that goes on from here; null if that is all. */
  next: nullable(text(1)),
});
export type InboxList = Of<typeof listShape>;

export const inboxShape = object({
  /** The same as long as nothing but time has passed; the page gives it back, and is answered with nothing then. */
  tag: text(1),
  /** The server's clock. */
  now: time,
  lists: list(listShape),
  /** The beginning of every list, or one list from its beginning, or from further on. */
  shows: oneOf("all", "one", "further"),
  /** What this person may do, which the words of the page follow. */
  person: object({ decides: boolean, audits: boolean, administers: boolean }),
});
export type Inbox = Of<typeof inboxShape>;
