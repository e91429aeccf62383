/** A page of the list of agents, for `/api/v1/agents` and the page of agents. */
import type { AgentsQuery } from "#api/agents/agent-data.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AgentPlace, pageOfAgents } from "#storage/agents/agent-lists.ts";
import { type AgentsNow, agentsOf, proposedAround } from "./agent-items.ts";

/** Agents on a page, besides those below them. */
const PAGE = 50;

const placeText = ({ createdAt, id }: AgentPlace): string => `${createdAt}_${id}`;

/** Null for a text that is no place. */
function placeIn(cursor: string): AgentPlace | null {
  const [, createdAt, id] = /^([0-9TZ:.-]{24})_(agt_[A-Za-z0-9_-]{1,100})$/.exec(cursor) ?? [];
  return createdAt === undefined || id === undefined ? null : { createdAt, id };
}

export interface AgentsPageOf extends AgentsNow {
  /** Also those that are not on the page, and that something is proposed for. */
  known: AgentsNow["items"];
  next: string | null;
}

/** What of the list is wanted. */
export async function agentsPageOf(
  d1: D1Database,
  { q, state = "any", cursor }: AgentsQuery,
  adminsRequired: number,
  nowMs: number,
): Promise<Result<AgentsPageOf, { reason: "no-such-place" }>> {
  const from = cursor === undefined ? null : placeIn(cursor);
  if (cursor !== undefined && from === null) return refuse({ reason: "no-such-place" });
  const [page, proposed] = await Promise.all([
    pageOfAgents(d1, { q: q ?? null, state: state === "any" ? null : state }, from, PAGE),
    proposedAround(d1, adminsRequired, nowMs),
  ]);
  const now = await agentsOf(d1, page.ids, proposed, nowMs);
  const onPage = new Set(page.ids);
  const items = now.items.filter(({ id, below }) => onPage.has(below?.chain[0]?.id ?? id));
  return accept({ ...now, items, known: now.items, next: page.next === null ? null : placeText(page.next) });
}
