/** An inbox as the service tells it, for tests of its page. */
import type { Inbox, InboxRow } from "#api/inbox-data.ts";

const NOW = "2026-11-20T09:30:00.000Z";

/** A request that waits for twelve and a half minutes yet. */
export const inboxRow = (id: string, row: Partial<InboxRow> = {}): InboxRow => ({
  id,
  action: `Deploy ${id}`,
  agent: "release-bot",
  requested_at: NOW,
  expires_at: "2026-11-20T09:42:30.000Z",
  status: "pending",
  ...row,
});

/** The inbox of an approver who is an admin. */
export const inboxData = (waiting: InboxRow[], recent: InboxRow[] = [], changed: Partial<Inbox> = {}): Inbox => ({
  tag: "0123456789abcdef",
  now: NOW,
  lists: [
    { name: "waiting", rows: waiting, total: waiting.length === 0 ? null : waiting.length, next: null },
    { name: "signed", rows: [], total: null, next: null },
    { name: "recent", rows: recent, total: null, next: null },
  ],
  shows: "all",
  person: { decides: true, audits: false, administers: true },
  ...changed,
});
