/** The page of MCP servers and their tools, for admins, and for auditors to read. */
import type { Context } from "hono";
import { ServersPage, type KnownServers } from "#pages/servers/servers-page.tsx";
import { ServersRecordPage } from "#pages/servers/servers-record-page.tsx";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { withRules } from "#countersign/policy/proposing/with-rules.ts";
import { listPolicies, policyOfVersion } from "#storage/policies/published.ts";
import { namesOf } from "#storage/people.ts";
import { shownServer, serversAsTheyAre } from "./server-items.ts";
import { toolsAsTheyAre } from "./tool-items.ts";

/** The policy in force with rules for what none of its own is about; null if there is nothing to propose. */
async function draftWith(d1: D1Database, proposals: readonly { text: string }[]): Promise<string | null> {
  if (proposals.length === 0) return null;
  const [newest] = await listPolicies(d1, 1);
  const source = newest === undefined ? "" : ((await policyOfVersion(d1, newest.version))?.source ?? "");
  return withRules(
    source,
    proposals.map(({ text }) => text),
  );
}

async function shownTools(c: Context<App>, name: string): Promise<KnownServers["shown"]> {
  const found = await toolsAsTheyAre(c.env.DB, name);
  if (found === null) return null;
  const { server, items, policy, proposals } = found;
  return { server: shownServer(server, c.var.config.origin, []), items, policy, draft: await draftWith(c.env.DB, proposals) };
}

/** `GET /admin/servers?server=`: all servers, and the tools of that one; of the only one without being asked. */
export async function serversPage(c: Context<App>): Promise<Response> {
  const [{ vault }, { items, waiting }] = await Promise.all([c.var.ports.servers(), serversAsTheyAre(c.env.DB, c.var.config, Date.now())]);
  const asked = c.req.query("server") ?? (items.length === 1 ? items[0]?.name : undefined);
  const [names, tools] = await Promise.all([
    namesOf(
      c.var.near.read,
      waiting.flatMap(({ signed_by }) => signed_by),
    ),
    asked === undefined ? null : shownTools(c, asked),
  ]);
  const shown: KnownServers = {
    person: pagePerson(c.var.person),
    servers: items,
    waiting,
    names: new Map(names.map(({ id, username }) => [id, username])),
    keepsCredentials: vault !== null,
    shown: tools,
  };
  return c.html(shown.person.mayAdminister ? <ServersPage {...shown} /> : <ServersRecordPage {...shown} />);
}
