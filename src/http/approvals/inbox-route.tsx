/** What waits for a person and what has ended: as a page, as the page's script reads it again, and the line over which it hears when to. */
import type { Context } from "hono";
import { MOST_LINES } from "#gate/approvals/inbox/remote-inbox.ts";
import { InboxPage } from "#pages/approvals/inbox-page.tsx";
import type { Failure } from "#rules/failure.ts";
import { countAdminPasskeys } from "#storage/people/admin-keys.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { sessionOfRequest } from "#http/middleware/session-cookie.ts";
import { pagePerson } from "#http/pages.tsx";
import { inboxOf } from "./inbox-lists.ts";

const NO_LINES: Failure = { code: "not_found", message: "This deployment has no lines: ask GET /inbox every few seconds." };
const NO_SOCKET: Failure = { code: "invalid_request", message: "This is a WebSocket: ask for one." };
const FOREIGN: Failure = { code: "forbidden", message: "This request did not come from this service's own pages.", reason: "wrong-origin" };
const TOO_MANY: Failure = {
  code: "rate_limited",
  message: `You have ${MOST_LINES} pages open that are told of changes. This one asks every few seconds.`,
};

/** `GET /`, or one list: `GET /?tab=<name>&from=<place>`; looking for something, `&q=&risk=&agent=`. */
export async function inbox(c: Context<App>): Promise<Response> {
  const person = pagePerson(c.var.person);
  const [held, adminPasskeys] = await Promise.all([inboxOf(c), person.mayAdminister ? countAdminPasskeys(c.var.near.read) : 0]);
  return c.html(<InboxPage person={person} adminPasskeys={adminPasskeys} inbox={held} isLive={c.var.ports.pageLine !== null} />);
}

/**
 * `GET /inbox?seen=<tag>`, with the same list, place and search: nothing as long as it is what was seen. With `changed` at the primary: of
 * what the page was told a replica may not know yet.
 */
export async function inboxState(c: Context<App>): Promise<Response> {
  const held = await inboxOf(c, c.req.query("changed") === undefined ? c.var.near.read : c.var.near.readNewest);
  return held.tag === c.req.query("seen") ? c.body(null, 204) : c.json(held);
}

/** `GET /inbox/live`, a WebSocket: it says each time that something on this person's lists has changed, and nothing else. */
export async function inboxLine(c: Context<App>): Promise<Response> {
  const { person, ports, config } = c.var;
  const session = sessionOfRequest(c);
  if (ports.pageLine === null || session === null) return problem(c, NO_LINES);
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return problem(c, NO_SOCKET);
  // Browsers open sockets of any site's page, and send the session along.
  if (c.req.header("origin") !== config.origin) return problem(c, FOREIGN);
  const socket = await ports.pageLine({ personId: person.id, session, isAuditor: person.roles.includes("auditor") });
  return socket === null ? problem(c, TOO_MANY) : new Response(null, { status: 101, webSocket: socket });
}
