/** Grants as people read them (d1-migrations/0017). Plain SQL: lists go by row values, and what ends a grant is asked as uses ask it. */
import type { Grant } from "#countersign/documents/grant.ts";
import type { Giver } from "#gate/grants/grant-effects.ts";
import type { GrantStanding } from "#gate/grants/revoke-grant.ts";
import { GIVERS_STAND, NOT_STOPPED, PIN_STANDS } from "./grant-effects.ts";

/** The request that a grant was given with; null if there is none of that id. */
export const requestOfGrant = (d1: D1Database, grantId: string): Promise<string | null> =>
  d1.withSession("first-primary").prepare("SELECT request_id FROM grant_given WHERE id = ?1").bind(grantId).first<string>("request_id");

/** `RevokeGrantPorts.grantStanding`. */
export async function grantStanding(d1: D1Database, grantId: string): Promise<GrantStanding | null> {
  const row = await d1
    .withSession("first-primary")
    .prepare("SELECT givers, revoked_by AS revokedBy FROM grant_given WHERE id = ?1")
    .bind(grantId)
    .first<{ givers: string; revokedBy: string | null }>();
  if (row === null) return null;
  return { givers: (JSON.parse(row.givers) as Giver[]).map(({ person }) => person), isRevoked: row.revokedBy !== null };
}

/** What keeps a grant from letting anything pass; null if nothing does, but for what the policy says of its rule. */
export const GRANT_ENDS = ["revoked", "used_up", "expired", "stop", "giver", "tool", "log"] as const;
export type GrantEnd = (typeof GRANT_ENDS)[number];

/** `?1`: now. */
const ENDED_BY = `CASE
  WHEN given.revoked_by IS NOT NULL THEN 'revoked'
  WHEN given.used >= given.uses THEN 'used_up'
  WHEN given.until_at <= ?1 THEN 'expired'
  WHEN NOT (${NOT_STOPPED}) THEN 'stop'
  WHEN NOT (${GIVERS_STAND}) THEN 'giver'
  WHEN NOT (${PIN_STANDS}) THEN 'tool'
  WHEN NOT EXISTS (SELECT 1 FROM log WHERE origin = given.log AND state = 'active') THEN 'log'
END`;

/** A grant with what became of it. */
export interface ListedGrant {
  grant: Grant;
  agent: { id: string; name: string };
  /** Name of its server; null where it is about none of the gate's. */
  serverName: string | null;
  givers: Giver[];
  givenAt: string;
  requestId: string;
  used: number;
  endedBy: GrantEnd | null;
  endedAt: string | null;
  revokedBy: { id: string; username: string } | null;
  uses: { use: number; request: string; at: string }[];
}

/** Where a list goes on: older than this one. */
export interface GrantPlace {
  givenAt: string;
  id: string;
}

export interface GrantFilter {
  agent?: string | undefined;
  /** Whether nothing has ended it, the policy apart. */
  state?: "open" | "over" | undefined;
  /** What is in the name of its agent, tool, rule or server, in a giver's, or its id. */
  q?: string | undefined;
  /** Only what this person gave. */
  givenBy?: string | undefined;
}

const COLUMNS = `given.id, given.document, given.agent_id AS agentId, agent.name AS agentName, given.givers, given.given_at AS givenAt,
  given.request_id AS requestId, given.used, given.ended_at AS endedAt, given.revoked_by AS revokedById, revoker.username AS revokedBy,
  server.name AS serverName, ${ENDED_BY} AS endedBy,
  (SELECT json_group_array(json_object('use', use, 'request', request_id, 'at', at)) FROM grant_use WHERE grant_id = given.id) AS uses`;
const FROM = `FROM grant_given AS given JOIN agent ON agent.id = given.agent_id CROSS JOIN gate
  LEFT JOIN person AS revoker ON revoker.id = given.revoked_by LEFT JOIN server ON server.id = given.server_id`;

interface Row {
  id: string;
  document: string;
  agentId: string;
  agentName: string;
  givers: string;
  givenAt: string;
  requestId: string;
  used: number;
  endedAt: string | null;
  revokedById: string | null;
  revokedBy: string | null;
  serverName: string | null;
  endedBy: GrantEnd | null;
  uses: string;
}

function listed(row: Row): ListedGrant {
  const { document, agentId, agentName, givers, revokedById, revokedBy, uses, id: _, ...kept } = row;
  return {
    ...kept,
    grant: JSON.parse(document) as Grant,
    agent: { id: agentId, name: agentName },
    givers: JSON.parse(givers) as Giver[],
    revokedBy: revokedById === null ? null : { id: revokedById, username: revokedBy ?? revokedById },
    uses: JSON.parse(uses) as ListedGrant["uses"],
  };
}

const IS_GIVER = (person: string): string =>
  `EXISTS (SELECT 1 FROM json_each(given.givers) AS giver WHERE giver.value ->> '$.person' = ${person})`;

/** At most `most`, the newest first; those before `from` if that is given. */
export async function listGrants(
  d1: D1Database,
  { agent, state, q, givenBy }: GrantFilter,
  from: GrantPlace | null,
  most: number,
  now: string,
): Promise<ListedGrant[]> {
  const values: (string | number)[] = [now];
  const put = (value: string | number): string => `?${values.push(value)}`;
  const conditions: string[] = [];
  if (agent !== undefined) conditions.push(`given.agent_id = ${put(agent)}`);
  if (state !== undefined) conditions.push(`(${ENDED_BY}) IS ${state === "open" ? "" : "NOT "}NULL`);
  if (givenBy !== undefined) conditions.push(IS_GIVER(put(givenBy)));
  if (q !== undefined) {
    const said =
      "agent.name || ' ' || coalesce(server.name, '') || ' ' || (given.document ->> '$.tool') || ' ' || (given.document ->> '$.rule')";
    const names = "(SELECT group_concat(giver.value ->> '$.username', ' ') FROM json_each(given.givers) AS giver)";
    conditions.push(`instr(lower(${said} || ' ' || given.id || ' ' || ${names}), lower(${put(q)})) > 0`);
  }
  if (from !== null) conditions.push(`(given.given_at, given.id) < (${put(from.givenAt)}, ${put(from.id)})`);
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const sql = `SELECT ${COLUMNS} ${FROM} ${where} ORDER BY given.given_at DESC, given.id DESC LIMIT ${put(most)}`;
  const { results } = await d1
    .withSession("first-primary")
    .prepare(sql)
    .bind(...values)
    .all<Row>();
  return results.map(listed);
}
