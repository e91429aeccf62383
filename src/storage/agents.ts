/** Agents in D1. They come and go with a leaf of the log (effects.ts); here they are read. */
import { and, asc, eq, isNull } from "drizzle-orm";
import { primary } from "./primary.ts";
import { agent } from "./schema.ts";

export interface StoredAgent {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
  createdAt: string;
  revokedAt: string | null;
}

const columns = { id: agent.id, name: agent.name, owner: agent.owner, createdAt: agent.createdAt, revokedAt: agent.revokedAt };

/** The agent whose key has this hash (`apiKeyHash`) and is not revoked; null if there is none. */
export async function agentByKeyHash(d1: D1Database, keyHash: string): Promise<StoredAgent | null> {
  const holds = and(eq(agent.keyHash, keyHash), isNull(agent.revokedAt));
  return (await primary(d1).select(columns).from(agent).where(holds).get()) ?? null;
}

/** The agent of this id, revoked or not; null if there is none. */
export async function agentById(d1: D1Database, id: string): Promise<StoredAgent | null> {
  return (await primary(d1).select(columns).from(agent).where(eq(agent.id, id)).get()) ?? null;
}

/** Every agent, the oldest first. */
export const allAgents = (d1: D1Database): Promise<StoredAgent[]> =>
  primary(d1).select(columns).from(agent).orderBy(asc(agent.createdAt), asc(agent.id)).all();
