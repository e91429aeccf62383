/** The grant that comes with the leaf of an approval: what those who approved have let pass from then on. */
import { canonicalize, type JsonObject } from "#countersign/json/canonical-json.ts";
import { decisionsOf } from "#countersign/documents/record.ts";
import { eligiblePeople, isV2 } from "#countersign/documents/request.ts";
import type { GivenGrant } from "#gate/grants/grant-effects.ts";
import type { ApprovalState } from "#rules/approval.ts";
import { grantGivenBy } from "#countersign/grants/grant-given.ts";
import { keptKeys } from "#rules/grants/grant-keys.ts";

/** Null where the end of a request gives none. */
export function givenGrant({ request, ending, judged, log, payload }: ApprovalState): GivenGrant | null {
  const record = ending?.sealed.record;
  if (record?.kind !== "approval.approved" || judged === undefined || !isV2(request)) return null;
  const decisions = decisionsOf(record);
  const grant = grantGivenBy(decisions);
  if (grant === null) return null;
  return {
    id: grant.id,
    agentId: grant.agent,
    ...keptKeys(grant),
    document: canonicalize(grant),
    serverId: request.context.server?.id ?? null,
    urlOrigin: originIn(payload),
    givers: decisions
      .filter(({ statement }) => statement.verdict === "approved")
      .map(({ statement, credential_id: credential }) => ({
        person: statement.approver.id,
        username: statement.approver.username,
        credential,
      })),
    eligible: [...eligiblePeople(request)],
    requestId: request.id,
    log,
    until: grant.until,
    uses: grant.uses,
    stops: judged.stops,
  };
}

/** Of a call's payload; an ask's may hold anything under that name, and has no server to compare it with. */
function originIn(payload: string | null): string | null {
  const origin = payload === null ? null : (JSON.parse(payload) as JsonObject)["url_origin"];
  return typeof origin === "string" ? origin : null;
}
