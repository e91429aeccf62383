/** Grants as routes and pages tell of them: as the database has them, and as the policy in force still has their rules. */
import type { Context } from "hono";
import type { GrantItem, GrantsQuery } from "#api/grants/grant-data.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { App } from "#http/context.ts";
import type { PolicyInForce } from "#rules/policies/judged.ts";
import { type GrantPlace, type ListedGrant, listGrants } from "#storage/grants/grants.ts";

/** Grants on a page. */
const PAGE = 50;
/** Of no policy: what is in force now is read. */
const NO_EPOCH = -1;

const placeText = ({ givenAt, grant }: ListedGrant): string => `${givenAt}_${grant.id}`;

/** Null for a text that is no place. */
function placeIn(cursor: string): GrantPlace | null {
  const [, givenAt, id] = /^([0-9TZ:.-]{24})_(grt_[A-Za-z0-9_-]{1,100})$/.exec(cursor) ?? [];
  return givenAt === undefined || id === undefined ? null : { givenAt, id };
}

/** Whether the rule is still one that asks people, and lets them remember. How each action is judged may be stricter. */
function ruleStands({ compiled }: PolicyInForce, name: string): boolean {
  const rule = compiled?.rules.find((one) => one.name === name);
  return rule !== undefined && !rule.observes && rule.grants !== null && rule.risk !== "critical" && compiled?.observes === false;
}

function grantItemOf(listed: ListedGrant, policy: PolicyInForce): GrantItem {
  const { grant, agent, serverName, givers, givenAt, requestId, used, endedAt, revokedBy, uses } = listed;
  const endedBy = listed.endedBy ?? (ruleStands(policy, grant.rule) ? null : "rule");
  return {
    id: grant.id,
    agent,
    rule: grant.rule,
    server: serverName ?? grant.server,
    tool: grant.tool,
    fixed: grant.fixed,
    free: grant.free,
    uses: grant.uses,
    used,
    left: endedBy === null ? grant.uses - used : 0,
    given_at: givenAt,
    until: grant.until,
    given_by: givers.map(({ person, username }) => ({ id: person, username })),
    request_id: requestId,
    ended_by: endedBy,
    revoked: revokedBy === null ? null : { by: revokedBy, at: endedAt ?? givenAt },
    used_for: uses.map(({ use, request, at }) => ({ use, request_id: request, at })),
  };
}

/** A page of them; who neither administers nor audits sees what they gave themselves. */
export async function grantsFor(
  { env, var: { person, ports } }: Context<App>,
  { cursor, ...filter }: GrantsQuery,
): Promise<Result<{ items: GrantItem[]; next_cursor?: string }, { reason: "no-such-place" }>> {
  const from = cursor === undefined ? null : placeIn(cursor);
  if (cursor !== undefined && from === null) return refuse({ reason: "no-such-place" });
  const seesAll = person.roles.some((role) => role === "admin" || role === "auditor");
  const wanted = { ...filter, ...(!seesAll && { givenBy: person.id }) };
  const [found, policy] = await Promise.all([
    listGrants(env.DB, wanted, from, PAGE + 1, timestamp(Date.now())),
    ports.agentApprovals().policyOf(NO_EPOCH),
  ]);
  const [page, last] = [found.slice(0, PAGE), found[PAGE - 1]];
  const items = page.map((listed) => grantItemOf(listed, policy));
  return accept({ items, ...(found.length > PAGE && last !== undefined && { next_cursor: placeText(last) }) });
}
