/** Which requests are over for ever, and which have ended long ago and are not known as that yet. Plain SQL: triggers answer. */
import type { RequestDocument } from "#countersign/documents/request.ts";
import { deleteOpenOfAgent } from "../inbox/open-of-agent.ts";

/** Says of a request that it is over. What is still listed as open under its id, by a call that broke off, is so no more. */
export async function markOver(d1: D1Database, { id, requested_by: by }: RequestDocument, at: string): Promise<void> {
  await d1.batch([
    d1.prepare(`${deleteOpenOfAgent("?1")} AND open.expires_at > ?3 AND open.id = ?2`).bind(by.id, id, at),
    d1.prepare("INSERT INTO request_over (id, at) VALUES (?1, ?2)").bind(id, at),
  ]);
}

/** Whether no request can be listed under an id any more: it is over, or a log has its end. For a batch. */
export const IS_SPENT = `
  SELECT 1 WHERE EXISTS (SELECT 1 FROM request_over WHERE id = ?1)
    OR EXISTS (SELECT 1 FROM log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = ?1 || ':final')`;

/** Whether an id is known as over for ever. */
export const isOverForEver = async (d1: D1Database, id: string): Promise<boolean> =>
  (await d1.withSession("first-primary").prepare("SELECT 1 FROM request_over WHERE id = ?1").bind(id).first()) !== null;

/** Whether an id is over for ever, and its end is noted as what is withheld (d1-migrations/0031), done or due. */
export const isOverAndWithheld = async (d1: D1Database, id: string): Promise<boolean> =>
  (await d1
    .withSession("first-primary")
    .prepare(
      `SELECT 1 FROM request_over CROSS JOIN log CROSS JOIN log_leaf ON log_leaf.log_id = log.id AND log_leaf.idem = ?1 || ':final'
       CROSS JOIN withheld_leaf ON withheld_leaf.log_id = log.id AND withheld_leaf.idx = log_leaf.idx AND withheld_leaf.reason = 'erasure'
       WHERE request_over.id = ?1`,
    )
    .bind(id)
    .first()) !== null;

/** So many requests are looked at. */
const PAGE = 500;

/** With the place as values: compared with a subquery, all that the agent has asked for would be read. */
const NEXT_PAGE = `
  SELECT agent_id AS agentId, requested_at AS requestedAt, id,
    ended_at < ?1 AND NOT EXISTS (SELECT 1 FROM request_over WHERE request_over.id = approval.id) AS isDue
  FROM approval WHERE (agent_id, requested_at, id) > (?3, ?4, ?5)
  ORDER BY agent_id, requested_at, id LIMIT ?2`;

interface ListPlace {
  agentId: string;
  requestedAt: string;
  id: string;
}
type Listed = ListPlace & { isDue: 0 | 1 | null };

const BEGINNING: ListPlace = { agentId: "", requestedAt: "", id: "" };

/**
 * At most so many requests that ended before then and are not over, of the next page of all; the next call goes on where this one
 * ended, and after the last at the first.
 */
export async function endedBefore(d1: D1Database, before: string, most: number): Promise<string[]> {
  const reached = "SELECT agent_id AS agentId, requested_at AS requestedAt, id FROM archive_round";
  const from = (await d1.prepare(reached).first<ListPlace>()) ?? BEGINNING;
  const { results } = await d1.prepare(NEXT_PAGE).bind(before, PAGE, from.agentId, from.requestedAt, from.id).all<Listed>();
  const due = results.filter(({ isDue }) => isDue === 1).slice(0, most);
  const goesOn = results.length === PAGE || due.length === most;
  const next = (goesOn ? (due.length === most ? due : results).at(-1) : undefined) ?? BEGINNING;
  // A service with few requests looks at all of them each time, and notes nothing.
  if (next.id !== from.id) await moveTo(d1, next);
  return due.map(({ id }) => id);
}

async function moveTo(d1: D1Database, { agentId, requestedAt, id }: ListPlace): Promise<void> {
  await d1.prepare("UPDATE archive_round SET agent_id = ?1, requested_at = ?2, id = ?3").bind(agentId, requestedAt, id).run();
}
