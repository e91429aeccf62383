/** An inbox as the service tells it, for tests of its page. */
import type { Inbox, InboxList, InboxRow } from "#api/inbox-data.ts";

const NOW = "2026-11-20T09:30:00.000Z";

/** A request that waits for twelve and a half minutes yet. */
export const inboxRow = (id: string, row: Partial<InboxRow> = {}): InboxRow => ({
  id,
  action: `Deploy ${id}`,
  agent: "release-bot",
  requested_at: NOW,
  expires_at: "2026-11-20T09:42:30.000Z",
  status: "pending",
  risk: null,
  ...row,
});

export const inboxList = (name: InboxList["name"], rows: InboxRow[], list: Partial<InboxList> = {}): InboxList => ({
  name,
  rows,
  total: null,
  next: null,
  looked_at: null,
  ...list,
});

/** The inbox of an approver who is an admin: what waits for them. */
export const inboxData = (waiting: InboxRow[], changed: Partial<Inbox> = {}): Inbox => ({
  tag: "0123456789abcdef",
  now: NOW,
  lists: [inboxList("waiting", waiting, { total: waiting.length === 0 ? null : { count: waiting.length, more: false } })],
  tabs: ["waiting", "signed", "recent"],
  tab: "waiting",
  shows: "first",
  search: { q: "", risk: "", agent: "" },
  waiting: { count: waiting.length, more: false },
  person: { decides: true, audits: false, administers: true },
  ...changed,
});
