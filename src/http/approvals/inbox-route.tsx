/** What waits for a person and what has ended, as a page, and as the page's script reads it again. */
import type { Context } from "hono";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import { countAdminPasskeys } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { inboxOf } from "./inbox-lists.ts";

/** `GET /`, or one list: `GET /?list=<name>&from=<place>`. */
export async function inbox(c: Context<App>): Promise<Response> {
  const person = pagePerson(c.var.person);
  const [held, adminPasskeys] = await Promise.all([inboxOf(c), person.mayAdminister ? countAdminPasskeys(c.var.near.read) : 0]);
  return c.html(<InboxPage person={person} adminPasskeys={adminPasskeys} inbox={held} />);
}

/** `GET /inbox?seen=<tag>`, with the same list and place: nothing as long as it is what was seen. */
export async function inboxState(c: Context<App>): Promise<Response> {
  const held = await inboxOf(c);
  return held.tag === c.req.query("seen") ? c.body(null, 204) : c.json(held);
}
