/** Which asks a policy is tried on, and rules are proposed from, and what their agents are judged by. Plain SQL: of each agent no more is read than is looked at. */
import type { AskPlace } from "#gate/policies/replay-asks.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { AGENT_FACTS, agentFacts, type AgentFactsRow } from "../agents.ts";

const BEFORE = "(one.requested_at, one.id) < (?1, ?2)";

/** The table is in the order of agents: of each the newest are found in it, and the newest of these are taken. */
const NEWEST = `
  SELECT one.agent_id AS agentId, one.requested_at AS requestedAt, one.id FROM agent CROSS JOIN approval AS one
  WHERE one.agent_id = agent.id AND ${BEFORE} AND one.requested_at >= coalesce((
    SELECT one.requested_at FROM approval AS one WHERE one.agent_id = agent.id AND ${BEFORE}
    ORDER BY one.requested_at DESC, one.id DESC LIMIT 1 OFFSET ?3
  ), '')
  ORDER BY one.requested_at DESC, one.id DESC LIMIT ?3`;

/** After every time. */
const NOW = "~";

/** `ReplayPorts.newestAsks`. */
export async function newestAsks(d1: D1Database, most: number, from: AskPlace | null): Promise<(AskPlace & { agentId: string })[]> {
  const query = d1
    .withSession("first-primary")
    .prepare(NEWEST)
    .bind(from?.requestedAt ?? NOW, from?.id ?? "", most);
  return (await query.all<AskPlace & { agentId: string }>()).results;
}

/** Groups that agents are in. */
export async function agentGroups(d1: D1Database): Promise<string[]> {
  const { results } = await d1
    .withSession("first-primary")
    .prepare("SELECT DISTINCT value AS name FROM agent, json_each(agent.groups)")
    .all<{
      name: string;
    }>();
  return results.map(({ name }) => name).toSorted();
}

/** `ReplayPorts.factsOfAgents`. */
export async function factsOfAgents(d1: D1Database): Promise<Map<string, AgentFacts>> {
  const query = d1.withSession("first-primary").prepare(`SELECT agent.id, ${AGENT_FACTS} FROM agent CROSS JOIN gate`);
  const { results } = await query.all<AgentFactsRow & { id: string }>();
  return new Map(results.map((row) => [row.id, agentFacts(row)]));
}
