/**
 * Agents as they are listed, page by page: those that nobody is above, the oldest first, walked as far as a page needs and no further than so
 * many, whatever is looked for. Plain SQL, for the walk.
 */
import { and, gt, isNull, or, sql } from "drizzle-orm";
import { AGENT_COLUMNS, type StoredAgent } from "../agents.ts";
import { isOneOf, primary } from "../primary.ts";
import { agent } from "../schema.ts";

/** Agents that are looked at for one page, at most. */
export const MOST_AGENTS_LOOKED_AT = 2_000;

export interface AgentFilter {
  /** What is in its name or in its owner's username, or its id; null for all. */
  q: string | null;
  state: "running" | "stopped" | "revoked" | null;
}

/** Where a list goes on: after that one. */
export interface AgentPlace {
  createdAt: string;
  id: string;
}

const STATES: Record<NonNullable<AgentFilter["state"]>, string> = {
  running: "agent.revoked_at IS NULL AND agent.stopped_at IS NULL",
  stopped: "agent.revoked_at IS NULL AND agent.stopped_at IS NOT NULL",
  revoked: "agent.revoked_at IS NOT NULL",
};

const HAS_WORDS = `(agent.id = ?4 OR instr(lower(agent.name), lower(?4)) > 0
  OR instr((SELECT username FROM person WHERE id = agent.owner), lower(?4)) > 0)`;

const walk = ({ q, state }: AgentFilter): string => `
  SELECT id, createdAt, looked, isWanted FROM (
    SELECT *, row_number() OVER () AS looked FROM (
      SELECT agent.id, agent.created_at AS createdAt,
        ${state === null ? "1" : STATES[state]} AND ${q === null ? "?4 IS NULL" : HAS_WORDS} AS isWanted
      FROM agent WHERE agent.chain IS NULL AND (agent.created_at, agent.id) > (?1, ?2)
      ORDER BY agent.created_at, agent.id LIMIT ${MOST_AGENTS_LOOKED_AT}))
  WHERE isWanted OR looked = ${MOST_AGENTS_LOOKED_AT} LIMIT ?3`;

interface Walked extends AgentPlace {
  looked: number;
  isWanted: 0 | 1;
}

/** Ids of a page's agents, and where the list goes on; null at its end. */
export async function pageOfAgents(
  d1: D1Database,
  filter: AgentFilter,
  from: AgentPlace | null,
  rows: number,
): Promise<{ ids: string[]; next: AgentPlace | null }> {
  const query = d1.withSession("first-primary").prepare(walk(filter));
  const { results } = await query.bind(from?.createdAt ?? "", from?.id ?? "", rows + 1, filter.q).all<Walked>();
  const wanted = results.filter(({ isWanted }) => isWanted === 1);
  const ids = wanted.slice(0, rows).map(({ id }) => id);
  if (wanted.length > rows) return { ids, next: placeOf(wanted[rows - 1]) };
  const last = results.at(-1);
  return { ids, next: last?.looked === MOST_AGENTS_LOOKED_AT ? placeOf(last) : null };
}

const placeOf = (row: Walked | undefined): AgentPlace | null => (row === undefined ? null : { createdAt: row.createdAt, id: row.id });

/** These agents, and those below them that stand, the oldest first. */
export const agentsWithThoseBelow = (d1: D1Database, ids: readonly string[], now: string): Promise<StoredAgent[]> =>
  primary(d1)
    .select(AGENT_COLUMNS)
    .from(agent)
    .where(
      or(
        isOneOf(agent.id, ids),
        and(
          sql`${agent.id} in (select below from agent_below where above in (select value from json_each(${JSON.stringify(ids)})))`,
          isNull(agent.revokedAt),
          gt(agent.endsAt, now),
        ),
      ),
    )
    .orderBy(agent.createdAt, agent.id)
    .all();
