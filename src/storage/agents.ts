/** Agents in D1. They come and go with a leaf of the log. */
import { and, asc, eq, gt, isNull, or } from "drizzle-orm";
import type { AgentEffect } from "#gate/agents/agent-effects.ts";
import type { KeyHolder, KeyReading } from "#gate/agents/activity/remote-activity.ts";
import { condition, type Place, type Query } from "./batch-condition.ts";
import { belowIn, GROUPS, IS_STOPPED, standsAt, STOP_NUMBER } from "./chains/above.ts";
import { belowQueries } from "./chains/below.ts";
import { formerMakersAt, formerMakersIn, holderOfOldKey, oldKeysAt } from "./keys/old-keys.ts";
import { minuteOf, refusalsOfAgent } from "./failures.ts";
import { patternsOfAgent } from "./patterns/of-agent.ts";
import { inSession, isOneOf, primary } from "./primary.ts";
import { authorised } from "./proposals.ts";
import type { DeniedPattern } from "#rules/policies/denied-pattern.ts";
import { timestamp } from "#countersign/documents/words.ts";
import type { ChainLink } from "#countersign/documents/agents/chain.ts";
import type { Below, CallScope } from "#rules/agents/below.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import type { Reads } from "./near/near-reads.ts";
import { agent } from "./schema.ts";

/** An agent as its row has it. */
export interface StoredAgent {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
  createdAt: string;
  revokedAt: string | null;
  groups: string[];
  /** How often its groups and its name were signed for. */
  changes: number;
  /** Those above it, the one at the top first; null: nobody is. */
  chain: readonly ChainLink[] | null;
  endsAt: string | null;
  scope: CallScope | null;
  /** The how-manieth of its keys it has. */
  keyNumber: number;
  /** How that begins; null: made by a version that did not say. */
  keyPrefix: string | null;
  /** When it was made; null: with the agent. */
  keyMadeAt: string | null;
}

export const AGENT_COLUMNS = {
  id: agent.id,
  name: agent.name,
  owner: agent.owner,
  createdAt: agent.createdAt,
  revokedAt: agent.revokedAt,
  groups: agent.groups,
  changes: agent.changes,
  chain: agent.chain,
  endsAt: agent.endsAt,
  scope: agent.scope,
  keyNumber: agent.keyNumber,
  keyPrefix: agent.keyPrefix,
  keyMadeAt: agent.keyMadeAt,
};

/** What an agent is judged by, of rows of agent and gate. Its owner's name never changes. */
export const AGENT_FACTS = `agent.name, ${GROUPS} AS groups, agent.maker, (SELECT username FROM person WHERE id = agent.owner) AS ownerName,
  ${STOP_NUMBER} AS ownStop, gate.stop_number AS allStop, gate.epoch,
  ${IS_STOPPED} OR gate.stopped_at IS NOT NULL AS isStopped, gate.channels > 0 AS hasChannels,
  agent.chain, agent.ends_at AS endsAt, agent.scope`;

export interface AgentFactsRow {
  name: string;
  groups: string;
  maker: string | null;
  ownerName: string;
  ownStop: number;
  allStop: number;
  epoch: number;
  isStopped: 0 | 1;
  hasChannels: 0 | 1;
  chain: string | null;
  endsAt: string | null;
  scope: string | null;
}

export const agentFacts = (row: AgentFactsRow): AgentFacts => {
  const { name, groups, maker, ownerName, ownStop, allStop, epoch, isStopped, hasChannels } = row;
  return {
    name,
    groups: JSON.parse(groups) as string[],
    ownerName,
    maker,
    stops: { all: allStop, agent: ownStop },
    isStopped: isStopped === 1,
    hasChannels: hasChannels === 1,
    epoch,
    ...belowOf(row),
  };
};

/** How a row is below others; nothing where it is not. */
export const belowOf = ({ chain, endsAt, scope }: Pick<AgentFactsRow, "chain" | "endsAt" | "scope">): { below?: Below } =>
  belowIn(
    chain === null ? null : (JSON.parse(chain) as Below["chain"]),
    endsAt,
    scope === null ? null : (JSON.parse(scope) as Below["scope"]),
  );

/** As text, because every call of an agent begins with it, and to put it together takes as long as to ask it. */
const READING = `
  SELECT agent.id, agent.owner, ${AGENT_FACTS}, ${refusalsOfAgent("?2")} AS refusals, ${patternsOfAgent("?3")} AS patterns,
    agent.key_hash AS keyHash, ${oldKeysAt("?3")} AS oldKeys, ${formerMakersAt("?3")} AS formerMakers
  FROM agent CROSS JOIN gate`;
const BY_KEY_HASH = `${READING} WHERE (agent.key_hash = ?1 OR agent.id = ${holderOfOldKey("= ?1", "?3")}) AND ${standsAt("?3")}`;
const ASKED = "IN (SELECT value FROM json_each(?1))";
const BY_KEY_HASHES = `${READING} WHERE (agent.key_hash ${ASKED} OR agent.id IN ${holderOfOldKey(ASKED, "?3")}) AND ${standsAt("?3")}`;

interface ReadingRow extends KeyHolder, AgentFactsRow {
  refusals: number;
  patterns: string | null;
  keyHash: string;
  /** Those that were replaced and serve still, as JSON. */
  oldKeys: string;
  formerMakers: string;
}

/** What each key says that opens the gate for this agent, by its hash. */
function readingsOf(row: ReadingRow): [string, KeyReading][] {
  const patterns = row.patterns === null ? {} : { patterns: JSON.parse(row.patterns) as DeniedPattern[] };
  const facts = { ...agentFacts(row), ...formerMakersIn(row.formerMakers), ...patterns };
  const reading: KeyReading = { agent: { id: row.id, owner: row.owner }, facts, refusals: row.refusals };
  const oldKeys = JSON.parse(row.oldKeys) as { hash: string; until: string }[];
  return [[row.keyHash, reading], ...oldKeys.map(({ hash, until }): [string, KeyReading] => [hash, { ...reading, until }])];
}

async function readRows(d1: D1Database, sql: string, keys: string): Promise<Map<string, KeyReading>> {
  const nowMs = Date.now();
  const query = d1.withSession("first-primary").prepare(sql).bind(keys, minuteOf(nowMs), timestamp(nowMs));
  return new Map((await query.all<ReadingRow>()).results.flatMap(readingsOf));
}

/**
 * The agent whose key has this hash (`apiKeyHash`) and is not revoked, what it is judged by, and how many of its calls have been refused
 * within this minute; null if there is none.
 */
export async function readKey(d1: D1Database, keyHash: string): Promise<KeyReading | null> {
  return (await readRows(d1, BY_KEY_HASH, keyHash)).get(keyHash) ?? null;
}

/** The same of several keys at one moment, by their hashes; those that are missing are revoked or nobody's. */
export const readKeys = (d1: D1Database, keyHashes: readonly string[]): Promise<Map<string, KeyReading>> =>
  readRows(d1, BY_KEY_HASHES, JSON.stringify(keyHashes));

const BY_ID = `${READING} WHERE agent.id = ?1 AND ${standsAt("?3")}`;

/** The agent of this id as a key of its own would say; null if it is revoked or nobody. */
export async function standingAgent(d1: D1Database, id: string): Promise<KeyReading | null> {
  const [reading] = (await readRows(d1, BY_ID, id)).values();
  return reading ?? null;
}

/** The agent of this id, revoked or not; null if there is none. */
export async function agentById(d1: D1Database, id: string): Promise<StoredAgent | null> {
  return (await primary(d1).select(AGENT_COLUMNS).from(agent).where(eq(agent.id, id)).get()) ?? null;
}

/** The agents that are not revoked, and whose time is not over. */
export const standingAgents = (d1: D1Database, now: string): Promise<{ id: string; name: string }[]> =>
  primary(d1)
    .select({ id: agent.id, name: agent.name })
    .from(agent)
    .where(and(isNull(agent.revokedAt), or(isNull(agent.endsAt), gt(agent.endsAt, now))))
    .all();

/** Names of agents, revoked or not, in no order: where somebody has just renamed one, perhaps the one before. */
export const agentNames = (reads: Reads, ids: readonly string[]): Promise<{ id: string; name: string }[]> =>
  reads(
    (session) => inSession(session).select({ id: agent.id, name: agent.name }).from(agent).where(isOneOf(agent.id, ids)).all(),
    (found) => found.length === new Set(ids).size,
  );

/** No agent that stands is called just so; names that only look alike are compared before (rules/names.ts). */
const agentNameIsFree = ({ id, name }: { id: string; name: string }, now: string): Query =>
  condition(
    "name_is_free",
    `NOT EXISTS (SELECT 1 FROM agent
       WHERE name = ?1 COLLATE NOCASE AND id <> ?3 AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > ?2))`,
    name,
    now,
    id,
  );

/** A new name, which no other has, for one by whose name no other is judged: those below it say it as it was. */
const renamed = (agentId: string, name: string, now: string): Query[] => [
  agentNameIsFree({ id: agentId, name }, now),
  condition(
    "none_below",
    `NOT EXISTS (SELECT 1 FROM agent_below AS one JOIN agent ON agent.id = one.below WHERE one.above = ?1 AND ${standsAt("?2")})`,
    agentId,
    now,
  ),
];

/** The agent is not revoked. */
export const agentStands = (agentId: string): Query =>
  condition("agent_stands", "EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND revoked_at IS NULL)", agentId);

/** Every agent, the oldest first; of those below others the ones whose time is not over. */
export const allAgents = (d1: D1Database, now: string): Promise<StoredAgent[]> =>
  primary(d1)
    .select(AGENT_COLUMNS)
    .from(agent)
    .where(or(isNull(agent.endsAt), and(isNull(agent.revokedAt), gt(agent.endsAt, now))))
    .orderBy(asc(agent.createdAt), asc(agent.id))
    .all();

type RowKind = "agent-created" | "agent-delegated" | "agent-revoked" | "agent-changed";

/** The statements of an effect, for the batch of its leaf. */
export function agentQueries(effect: Extract<AgentEffect, { kind: RowKind }>, place: Place): Query[] {
  const { database, leafIndex } = place;
  switch (effect.kind) {
    case "agent-created": {
      const { prefix = null, ...made } = effect.agent;
      const row = { ...made, keyPrefix: prefix, leafIndex };
      return [
        ...authorised(effect.authorised, place),
        agentNameIsFree(effect.agent, effect.agent.createdAt),
        database.insert(agent).values(row).toSQL(),
      ];
    }
    case "agent-delegated":
      return belowQueries(effect, agentNameIsFree(effect.agent, effect.agent.createdAt), place);
    case "agent-revoked": {
      const stands = and(eq(agent.id, effect.agentId), isNull(agent.revokedAt));
      return [database.update(agent).set({ revokedAt: effect.at }).where(stands).toSQL()];
    }
    case "agent-changed": {
      const { agentId, number, name, isRenamed, groups, at } = effect;
      return [
        ...authorised(effect.authorised, place),
        agentStands(agentId),
        ...(isRenamed ? renamed(agentId, name, at) : []),
        condition("change_is_next", "EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND changes = ?2 - 1)", agentId, number),
        database.update(agent).set({ name, groups, changes: number, leafIndex }).where(eq(agent.id, agentId)).toSQL(),
      ];
    }
  }
}
