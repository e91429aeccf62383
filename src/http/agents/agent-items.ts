/** What `/api/v1/agents` and the page of agents show (api/people-data.ts). */
import type { AgentItem, ProposedAgent, ProposedChange, ProposedRelease, StopsNow } from "#api/people-data.ts";
import { changeOfStatement } from "#gate/agents/change-agent.ts";
import { agentOfStatement } from "#gate/agents/create-agent.ts";
import { stopOfStatement } from "#gate/agents/release-stop.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { allAgents } from "#storage/agents.ts";
import { readStops } from "./stop-items.ts";

/** What one admin has signed for and another has to: agents that are not made yet, agents' groups, and stops to be released. */
interface Proposed {
  waiting: ProposedAgent[];
  changes: ProposedChange[];
  releases: ProposedRelease[];
}

/** `adminsRequired` is the deployment's. */
export async function proposedAround(d1: D1Database, adminsRequired: number, nowMs: number): Promise<Proposed> {
  const kept = await readKeptSignatures(d1, adminsRequired, nowMs);
  const proposed: Proposed = { waiting: [], changes: [], releases: [] };
  for (const { first, progress } of kept.operations()) {
    const { statement } = first.authorisation;
    const soFar = { ...progress, expires_at: first.expiresAt };
    const [agent, change, stop] = [agentOfStatement(statement), changeOfStatement(statement), stopOfStatement(statement)];
    if (agent !== null) proposed.waiting.push({ ...agent, ...soFar });
    if (change !== null) proposed.changes.push({ ...change.agent, groups: change.groups, ...soFar });
    if (stop !== null) proposed.releases.push({ ...stop, ...soFar });
  }
  return proposed;
}

/** Everything that is known of agents, stops and what is proposed, at once. */
export interface AgentsNow {
  items: AgentItem[];
  stops: StopsNow;
  proposed: Proposed;
}

/** Of every agent, revoked ones too, the oldest first. What was proposed and cannot be done any more is left out. */
export async function agentsAsTheyAre(d1: D1Database, adminsRequired: number, nowMs: number): Promise<AgentsNow> {
  const [agents, stops, proposed] = await Promise.all([allAgents(d1), readStops(d1), proposedAround(d1, adminsRequired, nowMs)]);
  const stopOf = new Map(stops.agents.map(({ id, number, since, by }) => [id, { number, since, by }]));
  const items = agents.map(({ id, name, owner, groups, createdAt, revokedAt }) => ({
    id,
    name,
    owner,
    groups,
    created_at: createdAt,
    revoked_at: revokedAt,
    stopped: stopOf.get(id) ?? null,
  }));
  const inForce = (id: string | null) => (id === null ? stops.everything : (stopOf.get(id) ?? null))?.number;
  const stands = new Set(items.filter((one) => one.revoked_at === null).map(({ id }) => id));
  const changes = proposed.changes.filter(({ id }) => stands.has(id));
  const releases = proposed.releases.filter(({ agent, number }) => inForce(agent?.id ?? null) === number);
  return { items, stops, proposed: { ...proposed, changes, releases } };
}
