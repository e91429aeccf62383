/** Everything that the routes reach, made of this Worker's bindings. */
import type { MakePorts } from "#http/ports.ts";
import { agentApprovalPorts, approvalObject, waitPorts } from "./approval-ports.ts";
import { endedLogPorts, explorePorts, logPorts } from "./log-ports.ts";
import { peoplePorts } from "./people-ports.ts";
import { receiptPorts } from "./receipt-ports.ts";

export const makePorts: MakePorts = (env, config) => ({
  agentApprovals: () => agentApprovalPorts(env, config),
  approval: (requestId) => approvalObject(env, requestId),
  pageWaits: () => waitPorts(env, "person"),
  receipts: (ofLog) => receiptPorts(env, config, ofLog),
  people: () => peoplePorts(env, config),
  log: () => logPorts(env, config),
  endedLog: (originHash) => endedLogPorts(env, originHash),
  explore: () => explorePorts(env, config),
});
