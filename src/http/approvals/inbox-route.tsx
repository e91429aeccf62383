/** What waits for a person, and what was decided lately. */
import type { Context } from "hono";
import { timestamp } from "#countersign/documents/words.ts";
import { decides } from "#gate/approvals/visible-request.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { pendingFor, recentFor } from "#storage/approval-lists.ts";
import { countAdminPasskeys } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";

/** `GET /`. */
export async function inbox(c: Context<App>): Promise<Response> {
  const { person } = c.var;
  const now = timestamp(Date.now());
  const nothing = { items: [], more: 0 };
  const [pending, recent, adminPasskeys] = await Promise.all([
    decides(person) ? pendingFor(c.env.DB, person.id, now) : nothing,
    decides(person) ? recentFor(c.env.DB, person.id) : [],
    person.roles.includes("admin") ? countAdminPasskeys(c.env.DB) : 0,
  ]);
  const lists = { pending: pending.items, more: pending.more, recent };
  return c.html(<InboxPage person={pagePerson(person)} adminPasskeys={adminPasskeys} {...lists} now={now} />);
}
