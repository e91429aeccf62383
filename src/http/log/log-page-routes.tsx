/** The log's pages, for anyone. Signed in, one may also search for a request, and finds those one may see. */
import type { Context } from "hono";
import { exploreLeaf, exploreLog } from "#gate/log/reading/explore-log.ts";
import { type PrivateLeaf, readPrivate } from "#gate/log/reading/private-leaf.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { LogEntryPage, type ToldEntry } from "#pages/log/log-entry-page.tsx";
import { LogPage, type RequestSearch } from "#pages/log/log-page.tsx";
import { ErrorPage, NotForYouPage } from "#pages/kit/message-page.tsx";
import { audits, visibleRequest } from "#gate/approvals/visible-request.ts";
import type { App, CallingPerson } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { personFromSession, servePerson } from "#http/middleware/who-is-calling.ts";

/** The longest id that is told again. */
const MAX_SOUGHT = 64;

/** `GET /log?before=<index>&request=<id>`. */
export const logPage = (c: Context<App>): Promise<Response> =>
  page(c, async (person) => {
    const log = await exploreLog(c.req.query("before"), await c.var.ports.explore());
    const sought = c.req.query("request");
    const search =
      person === undefined || sought === undefined ? null : await find(c, person, log.origin, sought.trim().slice(0, MAX_SOUGHT));
    return c.html(<LogPage log={log} person={person && pagePerson(person)} search={search} />);
  });

/** `GET /log/entry/{index}`. */
export const logEntryPage = (c: Context<App>): Promise<Response> =>
  page(c, async (person) => {
    const ports = await c.var.ports.explore();
    const entry = await exploreLeaf(c.req.param("index") ?? "", ports);
    if (entry === null) return c.html(<NotForYouPage person={person && pagePerson(person)} />, 404);
    const told = person === undefined || entry.revealed !== null ? null : await toldTo(person, c, await readPrivate(entry.index, ports));
    return c.html(<LogEntryPage entry={entry} told={told} person={person && pagePerson(person)} />);
  });

/** What a leaf says, for who may look at its request, and of anything else for auditors; null for everybody else. */
async function toldTo(person: CallingPerson, c: Context<App>, leaf: PrivateLeaf | null): Promise<ToldEntry | null> {
  if (leaf === null) return null;
  if (leaf.requestId === null) return audits(person) ? { ...leaf.sealed, request: null } : null;
  const found = await visibleRequest(leaf.requestId, person, c.var.ports.agentApprovals());
  if (!found.ok) return null;
  const { request, status } = found.value;
  return { ...leaf.sealed, request: { id: request.id, action: request.action, status } };
}

async function page(c: Context<App>, make: (person: CallingPerson | undefined) => Response | Promise<Response>): Promise<Response> {
  try {
    const person = await personFromSession(c);
    if (!person.ok) return await make(undefined);
    const answer = await servePerson(c, person.value, () => Promise.resolve(make(person.value)));
    return answer ?? c.res;
  } catch (error) {
    logLine("log-unavailable", { path: c.req.path, error: errorText(error) });
    return c.html(<ErrorPage code="unavailable" message="The log does not answer now: try again." />, 503);
  }
}

/** A request that is not there and one that is not this person's are found alike: not at all. */
async function find(c: Context<App>, person: CallingPerson, log: string, sought: string): Promise<RequestSearch> {
  const found = await visibleRequest(sought, person, c.var.ports.agentApprovals());
  if (!found.ok) return { sought, found: null };
  const { request, status, logged } = found.value;
  const endedLog = logged === null || logged.log === log ? null : logged.log;
  return { sought, found: { id: request.id, status, index: logged?.index ?? null, endedLog } };
}
