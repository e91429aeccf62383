/** What waits for a person, and what was decided lately. */
import type { Context } from "hono";
import { timestamp } from "#countersign/documents/words.ts";
import { decides } from "#gate/approvals/visible-request.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { pendingFor, recentFor } from "#storage/approval-lists.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";

/** `GET /`. */
export async function inbox(c: Context<App>): Promise<Response> {
  const { person } = c.var;
  const now = timestamp(Date.now());
  const [pending, recent] = decides(person)
    ? await Promise.all([pendingFor(c.env.DB, person.id, now), recentFor(c.env.DB, person.id)])
    : [{ items: [], more: 0 }, []];
  return c.html(<InboxPage person={pagePerson(person)} pending={pending.items} more={pending.more} recent={recent} now={now} />);
}
