/** What a page tells beside a request, of this Worker's bindings; read near, since none of it decides anything. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { auditOf } from "#config/audit.ts";
import { activityOf, requestObject } from "#config/object-places.ts";
import type { BesideGrantPorts } from "#gate/approvals/beside/beside-grants.ts";
import type { ApprovedBeforePorts } from "#gate/approvals/beside/approved-before.ts";
import type { BesidePorts } from "#gate/approvals/beside/beside-request.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { approvedOfAgent, lastApprovedCall, requestsOfAgent } from "#storage/calls/approved-calls.ts";
import { agentsOwnedBy, agentsUnderTrace } from "#storage/calls/under-trace.ts";
import { grantBeside, grantsNear } from "#storage/grants/beside-request.ts";
import { grantFor } from "#rules/calls/connections/server-grants.ts";
import { knownGrants } from "#storage/servers/server-grants.ts";
import { serverById } from "#storage/servers/servers.ts";
import type { Reads } from "#storage/near/near-reads.ts";

export const besidePorts = (env: Bindings, config: Config, reads: Reads): BesidePorts & BesideGrantPorts & ApprovedBeforePorts => ({
  lastApprovedCall: (action, personId) => lastApprovedCall(reads, action, personId),
  approvedOf: (agentId, action, personId, before) => approvedOfAgent(reads, agentId, action, personId, before),
  approval: (requestId) => (isOwnRequestId(config.serverSecret, requestId) ? requestObject(env, requestId) : null),
  requestsOf: (agentId, personId, from, to) => requestsOfAgent(reads, agentId, personId, from, to),
  // Without a record there is no gateway, and so no call.
  recentCalls: async (agentId, sinceMs) => (auditOf(env) === null ? [] : activityOf(env, agentId).recentCalls(sinceMs)),
  async agentsUnder(trace, sinceMs, owner) {
    const audit = auditOf(env);
    const ids = audit === null ? [] : await agentsUnderTrace(audit, trace, sinceMs);
    return ids.length === 0 ? [] : agentsOwnedBy(reads, ids, owner);
  },
  authenticationOf: async (serverId) => (await serverById(env.DB, serverId))?.settings.authentication ?? null,
  async connectedAs(serverId, owner) {
    const [server, grants] = await Promise.all([serverById(env.DB, serverId), knownGrants(env.DB, serverId, Date.now())]);
    const standing = grants.filter(({ connectedAt, refusedAt }) => connectedAt !== null && refusedAt === null);
    const used = server === null ? null : grantFor(server.settings, standing, owner);
    const grant = standing.find(({ id }) => id === used?.id);
    return grant === undefined ? null : { account: grant.account, by: grant.madeBy.username };
  },
  grantBeside: (of) => grantBeside(reads, of),
  grantsNear: (agentId, tool, personId, now) => grantsNear(reads, agentId, tool, personId, now),
  now: () => Date.now(),
});
