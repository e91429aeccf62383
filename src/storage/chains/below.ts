/** Agents below others in D1 (d1-migrations/0021). Each is made with a leaf of the log, and ends with one. Plain SQL: JSON and both tables. */
import type { AgentEffect } from "#gate/agents/agent-effects.ts";
import type { AgentBelow, EndedBelow } from "#gate/agents/below/below-ports.ts";
import { MOST_BELOW, MOST_BELOW_AN_HOUR } from "#rules/agents/below.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { IS_STOPPED, standsAt } from "./above.ts";

type Delegated = Extract<AgentEffect, { kind: "agent-delegated" }>;

/** The statements of an effect, for the batch of its leaf. `nameIsFree`: as of any agent. */
export function belowQueries({ agent, below }: Delegated, nameIsFree: Query, { leafIndex }: Place): Query[] {
  const { id, name, owner, keyHash, createdAt, maker } = agent;
  const chain = JSON.stringify(below.chain);
  const [parent, top] = [below.chain.at(-1)?.id ?? "", below.chain[0]?.id ?? ""];
  return [
    condition(
      "parent_stands",
      `EXISTS (SELECT 1 FROM agent CROSS JOIN gate
         WHERE agent.id = ?1 AND gate.stopped_at IS NULL AND NOT ${IS_STOPPED} AND ${standsAt("?2")})`,
      parent,
      createdAt,
    ),
    // The chain has its name, by which those below are judged.
    condition("parent_has_name", "EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND name = ?2)", parent, below.chain.at(-1)?.name ?? ""),
    nameIsFree,
    condition(
      "few_below",
      `(SELECT count(*) FILTER (WHERE agent.revoked_at IS NULL AND agent.ends_at > ?2) < ${MOST_BELOW} AND count(*) < ${MOST_BELOW_AN_HOUR}
        FROM agent_below AS one JOIN agent ON agent.id = one.below WHERE one.above = ?1)`,
      top,
      createdAt,
    ),
    {
      sql: `INSERT INTO agent (id, name, owner, key_hash, created_at, leaf_index, maker, chain, ends_at, scope)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
      params: [id, name, owner, keyHash, createdAt, leafIndex, maker ?? null, chain, below.endsAt, JSON.stringify(below.scope)],
    },
    {
      sql: "INSERT INTO agent_below (above, below) SELECT value ->> '$.id', ?2 FROM json_each(?1)",
      params: [chain, id],
    },
  ];
}

const primary = (d1: D1Database) => d1.withSession("first-primary");

/** Ids of everybody below this agent whom it may still matter to. */
export async function idsBelow(d1: D1Database, agentId: string): Promise<string[]> {
  const { results } = await primary(d1).prepare("SELECT below FROM agent_below WHERE above = ?1").bind(agentId).all<{ below: string }>();
  return results.map(({ below }) => below);
}

interface BelowRow {
  id: string;
  name: string;
  createdAt: string;
  endsAt: string;
  revokedAt: string | null;
  chain: string;
  scope: string;
  isStopped: 0 | 1;
}

/** `BelowPorts.agentsBelow`. */
export async function agentsBelow(d1: D1Database, agentId: string, now: string): Promise<AgentBelow[]> {
  const { results } = await primary(d1)
    .prepare(
      `SELECT agent.id, agent.name, agent.created_at AS createdAt, agent.ends_at AS endsAt, agent.revoked_at AS revokedAt, agent.chain,
         agent.scope, ${IS_STOPPED} AS isStopped
       FROM agent_below AS one JOIN agent ON agent.id = one.below WHERE one.above = ?1 AND ${standsAt("?2")}
       ORDER BY agent.created_at, json_array_length(agent.chain), agent.id`,
    )
    .bind(agentId, now)
    .all<BelowRow>();
  return results.map(({ chain, scope, isStopped, ...row }) => ({
    ...row,
    chain: JSON.parse(chain) as AgentBelow["chain"],
    scope: JSON.parse(scope) as AgentBelow["scope"],
    isStopped: isStopped === 1,
  }));
}

const ENDED = `SELECT DISTINCT agent.id FROM agent_below AS one JOIN agent ON agent.id = one.below
  WHERE agent.revoked_at IS NULL AND NOT ${standsAt("?1")} LIMIT ?2`;
const FORGET = "DELETE FROM agent_below WHERE EXISTS (SELECT 1 FROM agent WHERE agent.id = agent_below.below AND agent.revoked_at < ?1)";

/** `EndingPorts.endedBelow`: in one trip. */
export async function endedBelow(d1: D1Database, now: string, most: number, forgottenFrom: string): Promise<EndedBelow[]> {
  const session = primary(d1);
  const [ended] = await session.batch<EndedBelow>([session.prepare(ENDED).bind(now, most), session.prepare(FORGET).bind(forgottenFrom)]);
  return ended?.results ?? [];
}
