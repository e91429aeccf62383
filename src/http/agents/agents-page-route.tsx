/** The page of agents, for admins, and for auditors to read. */
import type { Context } from "hono";
import { AgentsPage } from "#pages/agents/agents-page.tsx";
import { AgentsRecordPage } from "#pages/agents/agents-record-page.tsx";
import { allAgents } from "#storage/agents.ts";
import { namesOf } from "#storage/people.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { proposedAgents } from "./agent-items.ts";

/** `GET /admin/agents`. */
export async function agentsPage(c: Context<App>): Promise<Response> {
  const { person, config } = c.var;
  const [agents, waiting] = await Promise.all([allAgents(c.env.DB), proposedAgents(c.env.DB, config.adminsRequired, Date.now())]);
  const mentioned = [...agents.map(({ owner }) => owner), ...waiting.flatMap((agent) => [agent.owner, ...agent.signed_by])];
  const names = new Map((await namesOf(c.var.near.read, mentioned)).map(({ id, username }) => [id, username]));
  const listed = agents.map((agent) => ({ ...agent, ownerName: names.get(agent.owner) ?? agent.owner }));
  const shown = { person: pagePerson(person), agents: listed, waiting, names };
  return c.html(shown.person.mayAdminister ? <AgentsPage {...shown} origin={config.origin} /> : <AgentsRecordPage {...shown} />);
}
