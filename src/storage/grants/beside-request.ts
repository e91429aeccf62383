/** Grants as they stand beside a request on its page (d1-migrations/0017); none of it decides anything. */
import type { Giver } from "#gate/grants/grant-effects.ts";
import type { BesideGrant } from "#gate/approvals/beside/beside-grants.ts";
import type { Grant } from "#countersign/documents/grant.ts";
import type { Reads } from "../near/near-reads.ts";
import { SERVING } from "./grant-effects.ts";

/** Grants of a tool that are compared with a request: the newest. */
const MOST_NEAR = 16;

const COLUMNS = `given.document, given.givers, given.request_id AS requestId, given.used, given.ended_at AS endedAt`;

interface Row {
  document: string;
  givers: string;
  requestId: string;
  used: number;
  endedAt: string | null;
}

function beside({ document, givers, requestId, used, endedAt }: Row): BesideGrant {
  const grant = JSON.parse(document) as Grant;
  const left = endedAt === null ? grant.uses - used : 0;
  return { grant, requestId, left, givers: (JSON.parse(givers) as Giver[]).map(({ username }) => username) };
}

/** The grant that was given with this request, or that of this id; null if there is none. */
export const grantBeside = (reads: Reads, of: { requestId: string } | { grantId: string }): Promise<BesideGrant | null> =>
  reads(async (session) => {
    const [column, value] = "requestId" in of ? ["request_id", of.requestId] : ["id", of.grantId];
    const row = await session.prepare(`SELECT ${COLUMNS} FROM grant_given AS given WHERE given.${column} = ?1`).bind(value).first<Row>();
    return row === null ? null : beside(row);
  });

/** Grants of an agent for a tool that serve, the newest first; only those of requests that this person could decide, or all (null). */
export const grantsNear = (reads: Reads, agentId: string, tool: string, personId: string | null, now: string): Promise<BesideGrant[]> =>
  reads(async (session) => {
    const { results } = await session
      .prepare(
        `SELECT ${COLUMNS} FROM ${SERVING} AND given.agent_id = ?1 AND given.document ->> '$.tool' = ?2 AND given.until_at > ?4
          AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(given.eligible) WHERE value = ?3))
        ORDER BY given.given_at DESC LIMIT ${MOST_NEAR}`,
      )
      .bind(agentId, tool, personId, now)
      .all<Row>();
    return results.map(beside);
  });
