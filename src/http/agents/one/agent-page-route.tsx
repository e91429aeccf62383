/** `GET /admin/agents/<id>`: one agent, for admins, and for auditors to read. */
import type { Context } from "hono";
import { patternItem } from "#api/patterns/pattern-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { App } from "#http/context.ts";
import { pagePerson } from "#http/pages.tsx";
import { AgentPage, NoAgentPage } from "#pages/agents/agent-page.tsx";
import { patternsInForce } from "#storage/patterns/patterns.ts";
import { listedAgent, usernamesOf } from "../listed-agent.ts";
import { agentDetailOf } from "./agent-detail.ts";

export async function agentPage(c: Context<App>): Promise<Response> {
  const { person, config, near } = c.var;
  const nowMs = Date.now();
  const now = timestamp(nowMs);
  const ports = { env: c.env, reads: near.read, adminsRequired: config.adminsRequired, nowMs };
  const [agent, refused] = await Promise.all([agentDetailOf(c.req.param("id") ?? "", person, ports), patternsInForce(c.env.DB, now)]);
  const viewer = pagePerson(person);
  if (agent === null) return c.html(<NoAgentPage person={viewer} />, 404);
  const { changes, releases, rotations, agents_below: below } = agent;
  const signers = [...changes, ...releases, ...rotations].flatMap(({ signed_by }) => signed_by);
  const names = await usernamesOf(c, [agent.owner, ...below.map(({ owner }) => owner), ...signers]);
  return c.html(
    <AgentPage
      person={viewer}
      agent={agent}
      listed={listedAgent(agent, names)}
      below={below.map((one) => listedAgent(one, names))}
      names={names}
      patterns={refused.filter((pattern) => pattern.agent.id === agent.id).map(patternItem)}
      origin={config.origin}
      now={now}
    />,
  );
}
