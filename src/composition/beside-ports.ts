/** What a page tells beside a request, of this Worker's bindings; read near, since none of it decides anything. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { requestObject } from "#config/object-places.ts";
import type { BesidePorts } from "#gate/approvals/beside/beside-request.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { lastApprovedCall, requestsOfAgent } from "#storage/approved-calls.ts";
import type { Reads } from "#storage/near/near-reads.ts";

export const besidePorts = (env: Bindings, config: Config, reads: Reads): BesidePorts => ({
  lastApprovedCall: (action, personId) => lastApprovedCall(reads, action, personId),
  approval: (requestId) => (isOwnRequestId(config.serverSecret, requestId) ? requestObject(env, requestId) : null),
  requestsOf: (agentId, personId, from, to) => requestsOfAgent(reads, agentId, personId, from, to),
  // Nothing goes through a gateway yet, so there are none; nor is there a server.
  recentCalls: () => Promise.resolve([]),
  authenticationOf: () => Promise.resolve(null),
  now: () => Date.now(),
});
