/** The page of agents, for admins, and for auditors to read. */
import type { Context } from "hono";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { AgentsRecordPage } from "#pages/agents/agents-record-page.tsx";
import { namesOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { agentsAsTheyAre } from "./agent-items.ts";

/** `GET /admin/agents`. */
export async function agentsPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  const { items, proposed } = await agentsAsTheyAre(c.env.DB, config.adminsRequired, Date.now());
  const { waiting } = proposed;
  const mentioned = [...items.map(({ owner }) => owner), ...waiting.flatMap((agent) => [agent.owner, ...agent.signed_by])];
  const names = new Map((await namesOf(c.var.near.read, mentioned)).map(({ id, username }) => [id, username]));
  const listed = items.map((agent) => ({
    ...agent,
    ownerName: names.get(agent.owner) ?? agent.owner,
    createdAt: agent.created_at,
    revokedAt: agent.revoked_at,
  }));
  const shown = { person: pagePerson(person), agents: listed, waiting, names };
  return c.html(shown.person.mayAdminister ? <AgentsPage {...shown} origin={config.origin} /> : <AgentsRecordPage {...shown} />);
}
