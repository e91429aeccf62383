/** Which agents called under one trace, of the record of calls and of agents. Decides nothing: a trace is whatever an agent says. Plain SQL: FTS5. */
import { and, eq } from "drizzle-orm";
import type { Reads } from "../near/near-reads.ts";
import { inSession, isOneOf } from "../primary.ts";
import { agent } from "../schema.ts";
import { callPlaceFrom } from "#rules/audit/entry-place.ts";
import { matchOf } from "./terms.ts";

/** Calls that are looked through, the newest, and agents that a page tells of. */
const MOST_CALLS = 1_000;
const MOST_AGENTS = 10;

const FOUND = `SELECT DISTINCT agent FROM (
  SELECT call.agent FROM words CROSS JOIN call ON call.id = words.rowid
  WHERE words MATCH ?1 AND words.rowid >= ?2 AND (call.trace = ?3 OR substr(call.trace, 4, 32) = ?3) ORDER BY words.rowid DESC LIMIT ${MOST_CALLS})
  LIMIT ${MOST_AGENTS}`;

/** Ids of agents that called under the trace of this id since then, as far as that is in the record. */
export async function agentsUnderTrace(audit: D1Database, id: string, sinceMs: number): Promise<string[]> {
  const match = matchOf({ trace: id }, undefined);
  const { results } = await audit.prepare(FOUND).bind(match, callPlaceFrom(sinceMs), id).all<{ agent: string }>();
  return results.map((one) => one.agent);
}

/** Of these agents the ones that this person answers for, by name. */
export const agentsOwnedBy = (reads: Reads, ids: readonly string[], owner: string): Promise<{ id: string; name: string }[]> =>
  reads((session) =>
    inSession(session)
      .select({ id: agent.id, name: agent.name })
      .from(agent)
      .where(and(isOneOf(agent.id, ids), eq(agent.owner, owner)))
      .all(),
  );
