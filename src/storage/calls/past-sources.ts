/**
 * What an agent did before a policy asked of it: calls, from their record in `AUDIT`, and what was asked for and used, from the log. Plain
 * SQL. Read once, when that policy is first in force, and uses with each start of the agent's object.
 */
import type { CallRecord } from "#countersign/documents/call.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { PREVIEW_METHOD } from "#rules/calls/record/call-record.ts";
import type { FoundEntry, PastSources } from "#gate/calls/activity/past/kept-past.ts";

const PAGE = 500;
/** Calls that are read at most, and requests. */
const MOST_CALLS = 50_000;
const MOST_REQUESTS = 5_000;
/** Arguments that are longer are not read: what would be kept of them is little, and they would be cut. */
const MOST_CHARACTERS = 16_384;
/** As long as people may take and an approval may be used, together. */
const USED_WITHIN_MS = 14 * 86_400_000;
/** Of calls that went out by themselves. */
const WENT_OUT: readonly CallRecord["status"][] = ["allowed", "succeeded", "failed", "unknown"];

interface CallRow {
  number: number;
  salt: string;
  status: CallRecord["status"];
  at: string;
  server: string;
  method: string;
  tool: string;
  request: string | null;
  arguments: string | null;
}

const CALLS = `
  SELECT call.number, call.salt, call.status, call.record ->> '$.at' AS at, call.record ->> '$.server.name' AS server,
    call.record ->> '$.method' AS method, call.record ->> '$.tool' AS tool, coalesce(call.ended ->> '$.request', call.record ->> '$.request') AS request,
    CASE WHEN instr(content.cut, 'a') = 0 AND length(content.arguments) <= ${MOST_CHARACTERS} THEN content.arguments END AS arguments
  FROM call LEFT JOIN content ON content.id = call.id
  WHERE call.agent = ?1 AND call.number <= ?2 ORDER BY call.number DESC LIMIT ${PAGE}`;

/** Its end, and when it was redeemed: in whichever log. */
const USES = `
  SELECT approval.id, approval.requested_at AS requestedAt, ended.record IS NULL AS isErased, ended.record ->> '$.kind' AS kind,
    ended.record ->> '$.at' AS at, ended.record ->> '$.basis' AS basis, ended.record ->> '$.request.context.source' AS source,
    ended.record ->> '$.request.context.tool' AS tool, ended.record ->> '$.request.context.server.name' AS server,
    (SELECT log_leaf.record ->> '$.at' FROM log CROSS JOIN log_leaf
     ON log_leaf.log_id = log.id AND log_leaf.idem = approval.id || ':redeemed') AS redeemedAt
  FROM approval CROSS JOIN log CROSS JOIN log_leaf AS ended ON ended.log_id = log.id AND ended.idem = approval.id || ':final'
  WHERE approval.agent_id = ?1 AND approval.requested_at >= ?2 ORDER BY approval.requested_at DESC LIMIT ?3`;

interface UseRow {
  id: string;
  requestedAt: string;
  isErased: 0 | 1;
  kind: string | null;
  at: string | null;
  basis: string | null;
  source: string | null;
  tool: string | null;
  server: string | null;
  redeemedAt: string | null;
}

/** `audit` null: a deployment without the gateway has no calls. */
export const pastSources = (d1: D1Database, audit: D1Database | null): PastSources => ({
  async calls(agentId, { fromMs, beforeMs, lastNumber }, take) {
    // Numbers have no gap: what is missing was deleted, or is lost with a database that was put back.
    let [next, knownFromMs] = [audit === null ? 0 : lastNumber, beforeMs];
    while (audit !== null && next > 0 && lastNumber - next < MOST_CALLS) {
      const rows = await audit.withSession("first-primary").prepare(CALLS).bind(agentId, next).all<CallRow>();
      for (const row of rows.results) {
        const atMs = Date.parse(row.at);
        if (row.number !== next) return knownFromMs;
        if (atMs < fromMs) return null;
        [next, knownFromMs] = [next - 1, Math.min(knownFromMs, atMs)];
        const found = foundOf(row, atMs, beforeMs);
        if (found !== null && !take(found)) return knownFromMs;
      }
      if (rows.results.length === 0) break;
    }
    return next === 0 ? null : knownFromMs;
  },

  async uses(agentId, fromMs) {
    const query = d1.withSession("first-primary").prepare(USES);
    const { results } = await query.bind(agentId, timestamp(fromMs - USED_WITHIN_MS), MOST_REQUESTS).all<UseRow>();
    const found = results.flatMap((row) => useOf(row) ?? []).filter(({ atMs }) => atMs >= fromMs);
    // Before the last that was read, and before the end of what was erased, there may be others.
    const unknown = results.filter(({ isErased }, n) => isErased === 1 || n === MOST_REQUESTS - 1);
    const until = unknown.map(({ requestedAt }) => Date.parse(requestedAt) + USED_WITHIN_MS);
    return { found, knownFromMs: until.length === 0 ? null : Math.max(...until) };
  },
});

function foundOf(
  { salt, status, server, method, tool, request, arguments: args }: CallRow,
  atMs: number,
  beforeMs: number,
): FoundEntry | null {
  if (request !== null) return args === null ? null : { key: request, atMs, server, tool, args };
  if (method === PREVIEW_METHOD) return null;
  return WENT_OUT.includes(status) && atMs < beforeMs ? { key: `call:${salt}`, atMs, server, tool, args } : null;
}

/** Null if it was not used. What a rule or a grant let pass counts from then. */
function useOf({ id, kind, at, basis, source, tool, server, redeemedAt }: UseRow): FoundEntry | null {
  const passed = kind === "approval.auto_approved" && basis !== "timeout" ? at : null;
  const usedAt = passed ?? redeemedAt;
  if (usedAt === null) return null;
  return { key: id, atMs: Date.parse(usedAt), server: source === "call" ? server : null, tool: tool ?? "", args: null };
}
