/** Which requests people ended lately, as the log has them: what rules are proposed from. Plain SQL, because the log is read backwards. */
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { decisionsOf, finalShape } from "#countersign/documents/record.ts";
import type { EndedRequest } from "#rules/policies/proposals/like-requests.ts";

/** So many leaves are looked at, whatever they are. */
const MOST_LEAVES = 20_000;
const ENDS = "('approval.approved', 'approval.denied', 'approval.expired', 'approval.cancelled')";

/** Those that ended since then, the newest first, at most `most`. What was erased is not among them. */
export async function endedRequests(d1: D1Database, since: string, most: number): Promise<EndedRequest[]> {
  const { results } = await d1
    .withSession("first-unconstrained")
    .prepare(
      `SELECT record FROM (SELECT record FROM log_leaf ORDER BY log_id DESC, idx DESC LIMIT ${MOST_LEAVES})
       WHERE record ->> '$.kind' IN ${ENDS} AND record ->> '$.at' >= ?1 LIMIT ?2`,
    )
    .bind(since, most)
    .all<{ record: string }>();
  return results.map(({ record }) => ended(record));
}

/** The end of that request; null if it has none in the log. */
export async function endOfRequest(d1: D1Database, requestId: string): Promise<EndedRequest | null> {
  const found = await d1
    .withSession("first-primary")
    .prepare("SELECT record FROM log_leaf WHERE log_id IN (SELECT id FROM log) AND idem = ?1 || ':final' AND record IS NOT NULL")
    .bind(requestId)
    .first<{ record: string }>();
  return found === null ? null : ended(found.record);
}

function ended(text: string): EndedRequest {
  const record = finalShape(JSON.parse(text) as JsonValue, "record");
  const decisions = decisionsOf(record).map(({ statement }) => statement);
  const who = (verdict: "approved" | "denied") => decisions.filter((one) => one.verdict === verdict).map(({ approver }) => approver.id);
  return {
    request: record.request,
    at: record.at,
    isApproved: record.kind === "approval.approved",
    approvedBy: who("approved"),
    deniedBy: who("denied"),
  };
}
