/** The log's pages, for anyone. Signed in, one may also search for a request, and finds those one may see. */
import type { Context } from "hono";
import { exploreLeaf, exploreLog } from "#gate/log/reading/explore-log.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { LogEntryPage } from "#pages/log/log-entry-page.tsx";
import { LogPage, type RequestSearch } from "#pages/log/log-page.tsx";
import { ErrorPage, NotForYouPage } from "#pages/kit/message-page.tsx";
import { visibleRequest } from "#gate/approvals/visible-request.ts";
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
    const entry = await exploreLeaf(c.req.param("index") ?? "", await c.var.ports.explore());
    return entry === null
      ? c.html(<NotForYouPage person={person && pagePerson(person)} />, 404)
      : c.html(<LogEntryPage entry={entry} person={person && pagePerson(person)} />);
  });

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
