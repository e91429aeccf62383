/**
 * Agents as they are listed, page by page: those that nobody is above, the oldest first, walked as far as a page needs and no further than so
 * many, whatever is looked for. Plain SQL, for the walk.
 */
import { and, gt, isNull, or, sql } from "drizzle-orm";
import { AGENT_COLUMNS, type StoredAgent } from "../agents.ts";
import { isOneOf, primary } from "../primary.ts";
import { hasWords, pageOfWalk, walkThrough, type WalkedRow, wordsLookedFor } from "../inbox/walk.ts";
import { agent } from "../schema.ts";

export interface AgentFilter {
  /** Words that all have to be in its name or its owner's username, or are the id; null for all. */
  q: string | null;
  state: "running" | "stopped" | "revoked" | null;
}

/** Where a list goes on: after that one. */
export interface AgentPlace {
  createdAt: string;
  id: string;
}

const STATES: Record<NonNullable<AgentFilter["state"]>, string> = {
  running: "listed.revokedAt IS NULL AND listed.stoppedAt IS NULL",
  stopped: "listed.revokedAt IS NULL AND listed.stoppedAt IS NOT NULL",
  revoked: "listed.revokedAt IS NOT NULL",
};

/** Whose an agent is, is read only where it is looked for. */
const ownerName = (words: string | null): string => (words === null ? "''" : "(SELECT username FROM person WHERE id = agent.owner)");

/** After which: ?1 and ?2; words: ?3. */
const walk = (words: string | null, state: AgentFilter["state"], rows: number): string =>
  walkThrough(
    `SELECT agent.id, agent.name, agent.created_at AS createdAt, agent.stopped_at AS stoppedAt, agent.revoked_at AS revokedAt,
       ${ownerName(words)} AS ownerName
     FROM agent WHERE agent.chain IS NULL AND (agent.created_at, agent.id) > (?1, ?2) ORDER BY agent.created_at, agent.id`,
    `${state === null ? "1" : STATES[state]} AND ${hasWords("?3", "listed.name || ' ' || coalesce(listed.ownerName, '')")}`,
    rows,
  );

/** Ids of a page's agents, and where the list goes on; null at its end. */
export async function pageOfAgents(
  d1: D1Database,
  filter: AgentFilter,
  from: AgentPlace | null,
  rows: number,
): Promise<{ ids: string[]; next: AgentPlace | null }> {
  const words = wordsLookedFor(filter.q);
  const query = d1.withSession("first-primary").prepare(walk(words, filter.state, rows));
  const { results } = await query.bind(from?.createdAt ?? "", from?.id ?? "", words).all<AgentPlace & WalkedRow>();
  const { shown, last } = pageOfWalk(results, rows);
  return { ids: shown.map(({ id }) => id), next: last === null ? null : { createdAt: last.createdAt, id: last.id } };
}

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
