/** The app with everything that its routes reach, made of this Worker's bindings. */
import { requestObject } from "#config/object-places.ts";
import { makeApp } from "#http/app.ts";
import type { MakePorts } from "#http/ports.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { alikePorts } from "./patterns/alike-ports.ts";
import { agentApprovalPorts, pageLine, waitPorts } from "./approval-ports.ts";
import { batchPorts } from "./batch/batch-ports.ts";
import { besidePorts } from "./beside-ports.ts";
import { callingPorts } from "./calling-ports.ts";
import { connectionPorts } from "./servers/connection-ports.ts";
import { channelPorts } from "./channel-ports.ts";
import { connectorPorts } from "./connectors/connector-ports.ts";
import { evidencePorts } from "./evidence/evidence-ports.ts";
import { triggerDelivery } from "./delivery.ts";
import { keyPorts } from "./key-ports.ts";
import { endedLogPorts, explorePorts, logPorts } from "./log-ports.ts";
import { notificationPorts } from "./notification-ports.ts";
import { pairingPorts, peoplePorts, sessionPorts } from "./people-ports.ts";
import { grantPorts, policyPorts } from "./policy-ports.ts";
import { receiptPorts } from "./receipt-ports.ts";
import { serverPorts } from "./server-ports.ts";

export const makePorts: MakePorts = (env, config, near) => ({
  keys: (waitUntil) => keyPorts(env, waitUntil),
  agentApprovals: () => agentApprovalPorts(env, config),
  calling: (agent, waitUntil) => callingPorts(env, config, agent, waitUntil),
  approval: (requestId) => (isOwnRequestId(config.serverSecret, requestId) ? requestObject(env, requestId) : null),
  beside: () => besidePorts(env, config, near.read),
  pageWaits: () => waitPorts(env, "person"),
  pageLine: pageLine(env),
  receipts: (ofLog) => receiptPorts(env, config, ofLog),
  batch: () => batchPorts(env, config),
  alike: () => alikePorts(env, config),
  people: () => peoplePorts(env, config),
  notifications: () => notificationPorts(env, config),
  channels: () => channelPorts(env, config),
  connectors: () => connectorPorts(env, config),
  servers: () => serverPorts(env, config),
  connections: () => connectionPorts(env, config),
  grants: () => grantPorts(env, config),
  deliverDue: () => triggerDelivery(env),
  policies: () => policyPorts(env, config),
  sessions: () => sessionPorts(env, config),
  pairings: () => pairingPorts(env, config),
  log: () => logPorts(env, config, near.read),
  endedLog: (originHash) => endedLogPorts(env, near.read, originHash),
  evidence: (viewer) => evidencePorts(env, config, viewer),
  explore: () => explorePorts(env, config, near.read),
});

export const app = makeApp(makePorts);
