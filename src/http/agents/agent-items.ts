/** What `/api/v1/agents` and the page of agents show (api/people-data.ts). */
import { belowItem } from "#api/agents/below.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { AgentItem, ProposedAgent, ProposedChange, ProposedRelease, ProposedRotation, StopItem, StopsNow } from "#api/people-data.ts";
import { changeOfStatement } from "#gate/agents/change-agent.ts";
import { agentOfStatement } from "#gate/agents/create-agent.ts";
import { rotationOfStatement } from "#gate/agents/keys/rotate-key.ts";
import { stopOfStatement } from "#gate/agents/release-stop.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { allAgents, type StoredAgent } from "#storage/agents.ts";
import { agentsWithThoseBelow } from "#storage/agents/agent-lists.ts";
import { readStops } from "./stop-items.ts";

/** What one admin has signed for and another has to: agents that are not made yet, agents' groups, stops to be released, and keys to be replaced. */
export interface Proposed {
  waiting: ProposedAgent[];
  changes: Omit<ProposedChange, "now_called">[];
  releases: ProposedRelease[];
  rotations: ProposedRotation[];
}

/** `adminsRequired` is the deployment's. */
export async function proposedAround(d1: D1Database, adminsRequired: number, nowMs: number): Promise<Proposed> {
  const kept = await readKeptSignatures(d1, adminsRequired, nowMs);
  const proposed: Proposed = { waiting: [], changes: [], releases: [], rotations: [] };
  for (const { first, progress } of kept.operations()) {
    const { statement } = first.authorisation;
    const soFar = { ...progress, expires_at: first.expiresAt };
    const [agent, change, stop] = [agentOfStatement(statement), changeOfStatement(statement), stopOfStatement(statement)];
    const rotation = rotationOfStatement(statement);
    if (agent !== null) proposed.waiting.push({ ...agent, ...soFar });
    if (change !== null) proposed.changes.push({ ...change.agent, groups: change.groups, ...soFar });
    if (stop !== null) proposed.releases.push({ ...stop, ...soFar });
    if (rotation !== null) {
      const { agent: of, number, overlapHours } = rotation;
      proposed.rotations.push({ ...of, number, overlap_hours: overlapHours, ...soFar });
    }
  }
  return proposed;
}

/** Each followed by those below it. */
function inTheirChains(agents: readonly StoredAgent[]): StoredAgent[] {
  const directlyBelow = Map.groupBy(agents, ({ chain }) => chain?.at(-1)?.id ?? null);
  const withThoseBelow = (one: StoredAgent): StoredAgent[] => [one, ...(directlyBelow.get(one.id) ?? []).flatMap(withThoseBelow)];
  return (directlyBelow.get(null) ?? []).flatMap(withThoseBelow);
}

type OfChain = Pick<StoredAgent, "id" | "name" | "chain" | "endsAt" | "scope">;

function belowIn({ id, name, chain, endsAt, scope }: OfChain, isStopped: (id: string) => boolean): Pick<AgentItem, "below"> {
  if (chain === null || endsAt === null || scope === null) return {};
  const { id: _, name: __, ...item } = belowItem({ id, name }, { chain, endsAt, scope });
  return { below: { ...item, stopped_with: chain.find((above) => isStopped(above.id))?.name ?? null } };
}

type StopsById = ReadonlyMap<string, StopItem>;

export const stopsById = ({ agents }: StopsNow): StopsById =>
  new Map(agents.map(({ id, number, since, by }) => [id, { number, since, by }]));

/** One agent, whether it stands or not. */
export function itemOfAgent(agent: StoredAgent, stopOf: StopsById): AgentItem {
  const { id, name, owner, groups, createdAt, revokedAt, keyPrefix, ...below } = agent;
  return {
    id,
    name,
    owner,
    groups,
    created_at: createdAt,
    revoked_at: revokedAt,
    stopped: stopOf.get(id) ?? null,
    key_prefix: keyPrefix,
    ...belowIn({ id, name, ...below }, (above) => stopOf.has(above)),
  };
}

/** Everything that is known of agents, stops and what is proposed, at once. */
export interface AgentsNow {
  items: AgentItem[];
  stops: StopsNow;
  proposed: Omit<Proposed, "changes"> & { changes: ProposedChange[] };
}

/** Of agents as they are stored: each followed by those below it. What was proposed and cannot be done any more is left out. */
function agentsNow(agents: readonly StoredAgent[], stops: StopsNow, proposed: Proposed): AgentsNow {
  const stopOf = stopsById(stops);
  const ended = new Set(agents.filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id));
  const standing = agents.filter(({ chain }) => chain === null || !chain.some(({ id }) => ended.has(id)));
  const items = inTheirChains(standing).map((agent) => itemOfAgent(agent, stopOf));
  const inForce = (id: string | null) => (id === null ? stops.everything : (stopOf.get(id) ?? null))?.number;
  const known = new Map(agents.filter(({ revokedAt }) => revokedAt === null).map((agent) => [agent.id, agent]));
  const changes = proposed.changes.flatMap((change) => {
    const agent = known.get(change.id);
    return agent === undefined ? [] : [{ ...change, now_called: agent.name }];
  });
  const releases = proposed.releases.filter(({ agent, number }) => inForce(agent?.id ?? null) === number);
  const rotations = proposed.rotations.filter(({ id, number }) => known.get(id)?.keyNumber === number);
  return { items, stops, proposed: { ...proposed, changes, releases, rotations } };
}

/** Of every agent, revoked ones too, the oldest first, each followed by those below it that stand. */
export async function agentsAsTheyAre(d1: D1Database, adminsRequired: number, nowMs: number): Promise<AgentsNow> {
  const [agents, stops, proposed] = await Promise.all([
    allAgents(d1, timestamp(nowMs)),
    readStops(d1),
    proposedAround(d1, adminsRequired, nowMs),
  ]);
  return agentsNow(agents, stops, proposed);
}

/** The same of some of them, with those below them, and of those that something is proposed for. */
export async function agentsOf(d1: D1Database, ids: readonly string[], proposed: Proposed, nowMs: number): Promise<AgentsNow> {
  const { changes, releases, rotations } = proposed;
  const about = [...changes, ...rotations].map(({ id }) => id);
  const all = [...new Set([...ids, ...about, ...releases.flatMap(({ agent }) => agent?.id ?? [])])];
  const agents = await agentsWithThoseBelow(d1, all, timestamp(nowMs));
  const known = agents.flatMap(({ id, chain }) => [id, ...(chain ?? []).map((above) => above.id)]);
  return agentsNow(agents, await readStops(d1, [...new Set(known)]), proposed);
}
