/** Stops of agents and of everything in D1 (d1-migrations/0012). They come and go with a leaf of the log. */
import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { AgentEffect } from "#gate/agents/agent-effects.ts";
import type { StopStanding } from "#gate/agents/order-stop.ts";
import { agentStands } from "../agents.ts";
import { IS_STOPPED } from "../chains/above.ts";
import { condition, type Place, type Query } from "../batch-condition.ts";
import { openOfAgent } from "../inbox/open-of-agent.ts";
import { isOneOf, primary } from "../primary.ts";
import { authorised } from "../proposals.ts";
import { agent, gate, person } from "../schema.ts";

/** `StopReader.stopOf`. */
export async function stopOf(d1: D1Database, agentId: string | null): Promise<StopStanding | null> {
  if (agentId === null) {
    const row = await primary(d1).select({ number: gate.stopNumber, since: gate.stoppedAt }).from(gate).get();
    if (row === undefined) throw new Error("the database does not say whether everything is stopped");
    return { agent: null, ...row };
  }
  const row = await primary(d1)
    .select({ name: agent.name, owner: agent.owner, number: agent.stopNumber, since: agent.stoppedAt })
    .from(agent)
    .where(and(eq(agent.id, agentId), isNull(agent.revokedAt)))
    .get();
  return row === undefined ? null : { agent: { id: agentId, name: row.name, owner: row.owner }, number: row.number, since: row.since };
}

/** A stop in force, with who ordered it. */
export interface StopInForce {
  /** Null: everything. */
  agent: { id: string; name: string; owner: string } | null;
  number: number;
  since: string;
  by: { id: string; username: string };
}

/** Every stop in force, or those of these agents: that of everything first, then those of agents that stand, by name. */
export async function stopsInForce(d1: D1Database, ids: readonly string[] | null = null): Promise<StopInForce[]> {
  const database = primary(d1);
  // Named apart: of two columns of one name a batch gives only one.
  const by = { id: sql<string>`${person.id}`.as("by_id"), username: person.username };
  const [everything, agents] = await database.batch([
    database
      .select({ number: gate.stopNumber, since: gate.stoppedAt, by })
      .from(gate)
      .innerJoin(person, eq(person.id, gate.stoppedBy))
      .where(isNotNull(gate.stoppedAt)),
    database
      .select({ agent: { id: agent.id, name: agent.name, owner: agent.owner }, number: agent.stopNumber, since: agent.stoppedAt, by })
      .from(agent)
      .innerJoin(person, eq(person.id, agent.stoppedBy))
      .where(and(isNotNull(agent.stoppedAt), isNull(agent.revokedAt), ids === null ? undefined : isOneOf(agent.id, ids)))
      .orderBy(asc(agent.name), asc(agent.id)),
  ]);
  return [...everything.map((one) => ({ agent: null, ...one })), ...agents].map((one) => ({ ...one, since: one.since ?? "" }));
}

/** Agent by agent, so that nothing is read of those that run. */
const PENDING_THOUGH_STOPPED = `
  SELECT open.id FROM agent CROSS JOIN ${openOfAgent("agent.id")} AND open.expires_at > ?2
    AND (?1 IS NULL OR agent.id = ?1 OR EXISTS (SELECT 1 FROM agent_below WHERE above = ?1 AND below = agent.id))
    AND (${IS_STOPPED} OR EXISTS (SELECT 1 FROM gate WHERE stopped_at IS NOT NULL))
  LIMIT ?3`;

/** Ids of at most `most` requests that are open at `now` though their agent, or everything, is stopped; of one agent and those below it only, if given. */
export async function pendingThoughStopped(d1: D1Database, agentId: string | null, now: string, most: number): Promise<string[]> {
  const query = d1.withSession("first-primary").prepare(PENDING_THOUGH_STOPPED).bind(agentId, now, most);
  return (await query.all<{ id: string }>()).results.map(({ id }) => id);
}

type StopEffect = Extract<AgentEffect, { kind: "stop-ordered" | "stop-released" }>;

/** The statements of an effect, for the batch of its leaf. */
export function stopQueries(effect: StopEffect, place: Place): Query[] {
  const { agentId, number } = effect;
  const stands = agentId === null ? [] : [agentStands(agentId)];
  if (effect.kind === "stop-ordered") {
    const stopped = { stopNumber: number, stoppedAt: effect.at, stoppedBy: effect.by };
    return [...stands, ordersAStop(effect.by, agentId), stopIsNext(agentId, number), write(agentId, stopped, place)];
  }
  const released = { stoppedAt: null, stoppedBy: null };
  return [...authorised(effect.authorised, place), ...stands, stopIsInForce(agentId, number), write(agentId, released, place)];
}

const write = (agentId: string | null, set: Partial<typeof gate.$inferInsert>, { database }: Place): Query =>
  agentId === null ? database.update(gate).set(set).toSQL() : database.update(agent).set(set).where(eq(agent.id, agentId)).toSQL();

/** Where a stop is kept. `?2` is the agent, null for everything. */
const STOPS = `(
  SELECT stop_number, stopped_at FROM gate WHERE ?2 IS NULL UNION ALL SELECT stop_number, stopped_at FROM agent WHERE id = ?2)`;

/** Nothing is stopped, and was stopped one time less. */
const stopIsNext = (agentId: string | null, number: number): Query =>
  condition("stop_is_next", `EXISTS (SELECT 1 FROM ${STOPS} WHERE stopped_at IS NULL AND stop_number = ?1 - 1)`, number, agentId);

const stopIsInForce = (agentId: string | null, number: number): Query =>
  condition("stop_is_in_force", `EXISTS (SELECT 1 FROM ${STOPS} WHERE stopped_at IS NOT NULL AND stop_number = ?1)`, number, agentId);

/** Who may stop an agent, or everything. */
const ORDERERS = { agent: ["admin", "approver"], everything: ["admin"] } as const;

/** Whoever orders it has the role for it in that moment, and a passkey that stands. */
const ordersAStop = (personId: string, agentId: string | null): Query =>
  condition(
    "orders_a_stop",
    `EXISTS (
      SELECT 1 FROM person JOIN json_each(person.roles) AS role WHERE person.id = ?1
      AND role.value IN (SELECT value FROM json_each(?2))
      AND EXISTS (SELECT 1 FROM passkey WHERE person_id = ?1 AND revoked_at IS NULL))`,
    personId,
    JSON.stringify(ORDERERS[agentId === null ? "everything" : "agent"]),
  );
