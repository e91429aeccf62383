/**
 * The list of what an agent has asked for, under its caps; people's lists of it are inbox/. Plain SQL: drizzle does not count and write
 * in one statement.
 */
import type { AgentCaps, Alike, Found, Listing } from "#gate/approvals/opening.ts";
import { eligiblePeople, isV2, topOf } from "#countersign/documents/request.ts";
import type { RequestDocument } from "#countersign/documents/request.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { standsAt, treeOf } from "./chains/above.ts";
import { IS_SPENT } from "./archive/over.ts";
import { deleteOpenOfAgent, openOfAgent } from "./inbox/open-of-agent.ts";
import { type Watcher, watchersOf } from "./inbox/open-pages.ts";

const MINUTE_MS = 60_000;

const COLUMNS = "(agent_id, id, requested_at, action, eligible, expires_at, risk)";
const rowOf = (request: RequestDocument): (string | null)[] => [
  request.requested_by.id,
  request.id,
  request.requested_at,
  request.action,
  eligibleIn(request, request.requested_at),
  request.expires_at,
  (isV2(request) ? request.context.risk?.level : undefined) ?? null,
];

/** Who may decide at that time, as `approval` has them. */
const eligibleIn = (request: RequestDocument, at: string): string => JSON.stringify([...eligiblePeople(request, at)]);

/** Who has a page open that this request is on. */
export const watchersQuery = (d1: Pick<D1Database, "prepare">, request: RequestDocument, at: string): D1PreparedStatement =>
  d1.prepare(watchersOf("?1", "?2")).bind(eligibleIn(request, at), at);
export const watchersIn = (found: D1Result<Watcher> | undefined): string[] => (found?.results ?? []).map(({ personId }) => personId);

const OPEN_OF_AGENT = `FROM ${openOfAgent("?1")} AND open.expires_at > ?3`;

/** The same of everybody in its chain and beside it, which caps count together; `top`: who is at the top. */
const openOfTree = (top: string): string => `FROM ${treeOf(top)} AS tree CROSS JOIN ${openOfAgent("tree.id")} AND open.expires_at > ?3`;

const recentOfTree = (top: string, since: string): string =>
  `FROM ${treeOf(top)} AS tree CROSS JOIN approval ON approval.agent_id = tree.id AND approval.requested_at > ${since}`;

/** Those whose ids begin alike, but for some; null begins none. All of it is in the index of what is open. */
const openAlike = (beginning: string, but: string) =>
  `${OPEN_OF_AGENT} AND substr(open.id, 1, length(${beginning})) = ${beginning} AND open.id NOT IN (SELECT value FROM json_each(${but}))`;

/** Looks, counts and writes in one statement, so that calls at the same moment cannot pass a cap together, nor be listed alike, none after the agent's revocation, and none under another epoch than that by which it was judged. */
const LIST = `
  INSERT INTO approval ${COLUMNS}
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
  WHERE EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND ${standsAt("?3")})
    AND EXISTS (SELECT 1 FROM gate WHERE epoch = ?13)
    AND (SELECT count(*) ${recentOfTree("?14", "?8")}) < ?9
    AND (SELECT count(*) ${openOfTree("?14")}) < ?10
    AND NOT EXISTS (SELECT 1 ${openAlike("?11", "?12")})
  ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at
  RETURNING id`;

const LOAD = `
  SELECT EXISTS (SELECT 1 FROM agent WHERE id = ?1 AND ${standsAt("?3")}) AS stands, (SELECT epoch FROM gate) AS epoch, count(*) AS recent,
    min(requested_at) AS earliestRecent, (SELECT min(open.expires_at) ${openOfTree("?4")}) AS earliestDeadline
  ${recentOfTree("?4", "?2")}`;
interface AgentLoad {
  stands: 0 | 1;
  epoch: number;
  recent: number;
  earliestRecent: string | null;
  earliestDeadline: string | null;
}

const FOUND = `SELECT open.id, open.requested_at AS requestedAt, open.expires_at AS expiresAt ${openAlike("?2", "?4")}
  ORDER BY open.requested_at DESC`;

/** `ApprovalIndex.list`: what is over for ever is listed no more (d1-migrations/0010), and otherwise an agent below its caps has a request more, unless one that is alike is open. */
export async function listRequest(
  d1: D1Database,
  request: RequestDocument,
  caps: AgentCaps,
  epoch: number,
  alike: Alike | null,
): Promise<Listing> {
  const { id, requested_at: now, requested_by: by } = request;
  const top = topOf(request).id;
  const nowMs = Date.parse(now);
  const minuteAgo = timestamp(nowMs - MINUTE_MS);
  const passedBy = JSON.stringify(alike?.over ?? []);
  const session = d1.withSession("first-primary");
  const [listed, open, spent, watching] = await session.batch<Found | Watcher>([
    session
      .prepare(LIST)
      .bind(
        ...rowOf(request),
        minuteAgo,
        caps.MAX_REQUESTS_PER_MINUTE,
        caps.MAX_PENDING_PER_AGENT,
        alike?.subject ?? null,
        passedBy,
        epoch,
        top,
      ),
    session.prepare(FOUND).bind(by.id, alike?.subject ?? id, now, passedBy),
    session.prepare(IS_SPENT).bind(id),
    watchersQuery(session, request, now),
  ]);
  if (spent?.results.length === 1) return { status: "over" };
  if (listed?.results.length === 1) {
    return { status: "listed", alone: open?.results.length === 1, watchers: watchersIn(watching as D1Result<Watcher> | undefined) };
  }
  const found = alike === null ? undefined : (open?.results[0] as Found | undefined);
  if (found !== undefined) return { status: "found", ...found };
  const load = await session.prepare(LOAD).bind(by.id, minuteAgo, now, top).first<AgentLoad>();
  if (load?.stands === 0) return { status: "agent-revoked" };
  if (load?.epoch !== epoch) return { status: "epoch-over" };
  const isTooFast = (load?.recent ?? 0) >= caps.MAX_REQUESTS_PER_MINUTE;
  const until = isTooFast ? Date.parse(load?.earliestRecent ?? now) + MINUTE_MS : Date.parse(load?.earliestDeadline ?? now);
  const retryAfter = Math.max(1, Math.ceil((until - Date.parse(now)) / 1000));
  return { status: "over-cap", cap: isTooFast ? "MAX_REQUESTS_PER_MINUTE" : "MAX_PENDING_PER_AGENT", retryAfter };
}

/** `ApprovalIndex.listOnly`: the opened request is the one listed under its id. */
export async function listOpened(d1: D1Database, opened: RequestDocument): Promise<void> {
  const { id, requested_at: requestedAt, requested_by: by } = opened;
  await d1.batch([
    d1
      .prepare(`${deleteOpenOfAgent("?3")} AND open.expires_at > ?2 AND open.id = ?1 AND open.requested_at <> ?2`)
      .bind(id, requestedAt, by.id),
    d1
      .prepare(
        `INSERT INTO approval ${COLUMNS} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at`,
      )
      .bind(...rowOf(opened)),
  ]);
}

/** `ApprovalPorts.listEligible`; gives who has a page open that it is on. What has ended is for nobody to decide, and stays as it was. */
export async function listEligible(d1: D1Database, request: RequestDocument, at: string): Promise<string[]> {
  const { id, requested_at: requestedAt, requested_by: by } = request;
  const [, watching] = await d1.batch<Watcher>([
    d1
      .prepare("UPDATE approval SET eligible = ?4 WHERE agent_id = ?1 AND requested_at = ?2 AND id = ?3 AND ended_at IS NULL")
      .bind(by.id, requestedAt, id, eligibleIn(request, at)),
    watchersQuery(d1, request, at),
  ]);
  return watchersIn(watching);
}
