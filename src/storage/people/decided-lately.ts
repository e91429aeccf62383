/** What a person decided of the requests that were made last, for those who may see it; plain SQL, because of json_each. */
import { END_OF_TIME, EVERY_ENDED } from "../inbox/approver-lists.ts";

export interface DecidedLately {
  id: string;
  action: string;
  agent: string;
  verdict: "approved" | "denied";
  endedAt: string;
}

/** Requests that are looked at, and of those that were found how many are told. */
const [MOST_LOOKED_AT, MOST_TOLD] = [200, 10];

/** ?3 is the person; ?4 somebody who has to be of those who could decide it as well, null for nobody. */
const DECIDED = `
  SELECT found.id, found.action, found.agentName AS agent, asked.ended_at AS endedAt, one.value ->> '$.statement.verdict' AS verdict
  FROM (${EVERY_ENDED} LIMIT ${MOST_LOOKED_AT}) AS found CROSS JOIN approval AS asked CROSS JOIN log_leaf AS leaf
    CROSS JOIN json_each(leaf.record, '$.decisions') AS one
  WHERE asked.agent_id = found.agent AND asked.requested_at = found.requestedAt AND asked.id = found.id
    AND leaf.log_id IN (SELECT id FROM log) AND leaf.idem = found.id || ':final' AND leaf.record IS NOT NULL
    AND one.value ->> '$.statement.approver.id' = ?3
    AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(asked.eligible) AS eligible WHERE eligible.value = ?4))
  LIMIT ${MOST_TOLD}`;

/** The request made last first. `viewer`: id of an approver who is told of what they could decide as well; null for who may see all. */
export async function decidedLately(d1: D1Database, personId: string, viewer: string | null): Promise<DecidedLately[]> {
  const query = d1.withSession("first-unconstrained").prepare(DECIDED);
  return (await query.bind(END_OF_TIME, "", personId, viewer).all<DecidedLately>()).results;
}
