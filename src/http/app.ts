/** The route table. It reads as the security policy: who may call what, one line a route. What its words mean is middleware/. */
import { Hono } from "hono";
import { readConfig } from "#config/config.ts";
import { ConfigurationError } from "#config/configuration-error.ts";
import openApi from "#dist/openapi.json" with { type: "json" };
import { agentRoutes } from "./agents/agent-table.ts";
import { endAgentBelow, listAgentsBelow, makeAgentBelow } from "./agents/below/below-routes.ts";
import { postStopByToken } from "./agents/stop-token-routes.ts";
import { approvalState, showApproval } from "./approvals/approval-page-routes.tsx";
import { listOfApprovals } from "./approvals/approval-list-route.ts";
import { askForApproval, cancelApproval, postAnswer, postOutcome, postRedemption, showApprovalState } from "./approvals/approval-routes.ts";
import { decideApproval, renewNonce } from "./approvals/decision-routes.ts";
import { askAgent, giveTime } from "./approvals/talk-routes.ts";
import { auditRoutes } from "./audit/audit-table.ts";
import { inbox, inboxLine, inboxState } from "./approvals/inbox-route.tsx";
import { receipt } from "./approvals/receipt-route.ts";
import { batchPage, batchState, draftBatchDecisions, postBatch } from "./batch/batch-routes.tsx";
import { comparePage } from "./batch/compare-route.tsx";
import { alikePage, draftAlike, postAlike } from "./patterns/alike-routes.tsx";
import { dropPattern, listPatterns } from "./patterns/pattern-routes.ts";
import { addOwnContact, confirmOwnContact, dropContact, sendTest } from "./channels/contact-routes.ts";
import { draftOwnDelegation, dropDelegation, dropDelegationOf, postDelegation } from "./channels/delegation-routes.ts";
import { manifest, serviceWorker } from "./channels/device-routes.ts";
import { putSettings, showNotifications } from "./channels/notification-routes.ts";
import { notificationsPage } from "./channels/notifications-page-route.tsx";
import * as channels from "./channels/channel-routes.ts";
import { channelsPage } from "./channels/channels-page-route.tsx";
import { listOfMessages, postReplay, postResend } from "./channels/message-routes.ts";
import { slackInteraction } from "./channels/slack-route.ts";
import { listOfNotices, lookPage, markFine } from "./calls/notice-routes.tsx";
import { listOfCalls, showCallProof, showChallengeProof, showSession } from "./calls/call-routes.ts";
import { connectorRoutes } from "./connectors/connector-table.ts";
import { consoleRoutes } from "./console/console-table.ts";
import type { App } from "./context.ts";
import { exportBundle } from "./evidence/evidence-route.ts";
import { dropGrant, listOfGrants } from "./grants/grant-routes.ts";
import { grantsPage } from "./grants/grants-page-route.tsx";
import { showDocument } from "./docs-route.ts";
import { health } from "./health-route.ts";
import { logEntryPage, logPage } from "./log/log-page-routes.tsx";
import { logRoutes } from "./log/log-routes.ts";
import { verifyPage } from "./log/verify-route.tsx";
import { brokenOff } from "./failures.ts";
import { gateway } from "./gateway-route.ts";
import { KeptRoutes } from "./kept-routes.ts";
import { mcp } from "./mcp-route.ts";
import { accessLog } from "./middleware/access-log.ts";
import { limitFailures } from "./middleware/limit-failures.ts";
import { requireHost, requireOrigin, requireOwnPage } from "./middleware/origin.ts";
import { followOwnChanges } from "./middleware/own-changes.ts";
import { tellOfChanges } from "./middleware/told-changes.ts";
import { requirePage } from "./middleware/require-page.tsx";
import { wholeBody } from "./middleware/whole-body.ts";
import { securityHeaders } from "./middleware/security-headers.ts";
import {
  requireAgent,
  requireAgentOrPerson,
  requireAskingAgent,
  requireGatewayAgent,
  requireMcpAgent,
  requireNoKey,
  requirePerson,
  requireReader,
  requireRunningAgent,
} from "./middleware/who-is-calling.ts";
import { erasurePage } from "./erasure/erasure-page-route.tsx";
import { draftErasureStatement, postErasure } from "./erasure/erasure-routes.ts";
import { noMetadata, noRegistration, noToken } from "./no-oauth-route.ts";
import { failed, notFound } from "./pages.tsx";
import { finishInvited, offerInvited, showNewPasskey } from "./people/invite-routes.ts";
import { enrolPage, waitingPage } from "./people/people-page-routes.tsx";
import { accountRoutes, peopleRoutes } from "./people/people-table.ts";
import { enrolFirst, offerFirstPasskey, setupPage } from "./people/setup-routes.tsx";
import { askReplay, checkPolicyText, draftPolicyStatement, listVersions, publish, showVersion } from "./policies/policy-routes.ts";
import { listProposals } from "./policies/proposal-routes.ts";
import { checkOnPage, policyPage } from "./policies/policy-page-routes.tsx";
import type { MakePorts } from "./ports.ts";
import { serverRoutes } from "./servers/server-table.ts";
import { clientDocument } from "./servers/connection-routes.tsx";
import { sessionRoutes } from "./sessions/session-table.ts";
import { dropSignature } from "./signatures/signature-routes.ts";
import { finishSignIn, offerSignIn, signInHere, signOut } from "./sessions/session-routes.tsx";

/** `makePorts` says what the routes reach; src/composition has the one that is deployed. */
export function makeApp(makePorts: MakePorts): Hono<App> {
  const app = new Hono<App>({ router: new KeptRoutes() });

  app.use(accessLog);
  app.use(securityHeaders);

  // Anyone, under any name: it also says that the configuration does not serve
  app.get("/healthz", (c) => health(c, makePorts));

  app.use((c, next) => {
    c.set("config", readConfig(c.env));
    return next();
  });
  app.use(requireHost);
  app.use(followOwnChanges);
  app.use(tellOfChanges);
  app.use((c, next) => {
    c.set("ports", makePorts(c.env, c.var.config, c.var.near));
    return next();
  });

  // Anyone; who is signed in may also search the log's page for requests of theirs
  app.get("/log", logPage);
  app.get("/log/entry/:index", logEntryPage);
  app.route("/log", logRoutes);
  app.get("/api/v1/openapi.json", (c) => c.json(openApi));
  app.get("/verify", verifyPage);
  app.get("/sw.js", serviceWorker);
  app.get("/manifest.webmanifest", manifest);
  app.get("/docs", showDocument);
  app.get("/docs/*", showDocument);
  app.get("/llms.txt", showDocument);
  app.get("/assets/*", (c) => c.env.ASSETS.fetch(c.req.raw));

  // OAuth clients, which are told that there is no OAuth
  app.get("/.well-known/oauth-protected-resource/*", noMetadata);
  app.get("/.well-known/oauth-authorization-server/*", noMetadata);
  app.get("/.well-known/openid-configuration/*", noMetadata);
  app.post("/register", noRegistration);
  app.post("/token", noToken);

  // Issuers that know clients by what is at their address
  app.get("/oauth/client.json", clientDocument);

  // Whoever holds the setup token, until somebody is enrolled
  app.get("/setup", setupPage);
  app.post("/setup/options", requireOrigin, limitFailures, offerFirstPasskey);
  app.post("/setup/finish", requireOrigin, limitFailures, enrolFirst);

  // Whoever holds an invitation's code; the passkey then waits
  app.get("/enrol", enrolPage);
  app.get("/enrol/waiting", waitingPage);
  app.post("/enrol/options", requireOrigin, limitFailures, offerInvited);
  app.post("/enrol/finish", requireOrigin, limitFailures, finishInvited);
  app.post("/enrol/state", requireOrigin, limitFailures, showNewPasskey);

  // Whoever holds a stop token; nothing else opens to it
  app.post("/api/v1/stop-by-token", requireOwnPage, limitFailures, postStopByToken);

  // Whoever has a passkey
  app.get("/", requireNoKey, signInHere, inbox);
  app.post("/sign-in/options", requireOrigin, offerSignIn);
  app.post("/sign-in/finish", requireOrigin, limitFailures, finishSignIn);
  app.post("/sign-out", requireOrigin, signOut);

  // Agents; a stopped one only where it may say what it has done, or take back what it asked for
  app.all("/mcp", requireMcpAgent, mcp);
  app.all("/mcp/", requireMcpAgent, mcp);
  app.all("/mcp/:server", requireGatewayAgent, gateway);
  app.post("/api/v1/approvals", requireAskingAgent, askForApproval);
  app.get("/api/v1/approvals/:id", requireRunningAgent, showApprovalState);
  app.post("/api/v1/approvals/:id/cancel", requireAgent, cancelApproval);
  app.post("/api/v1/approvals/:id/redeem", requireRunningAgent, postRedemption);
  app.post("/api/v1/approvals/:id/outcome", requireAgent, postOutcome);
  app.post("/api/v1/approvals/:id/answer", requireRunningAgent, postAnswer);

  // Agents, of those below them: no more than they may do themselves, and ending one only narrows
  app.get("/api/v1/agents/self/delegations", requireAgent, listAgentsBelow);
  app.post("/api/v1/agents/self/delegations", requireRunningAgent, makeAgentBelow);
  app.delete("/api/v1/agents/self/delegations/:id", requireAgent, endAgentBelow);

  // The agent whose request it is, those who could decide it, auditors
  app.get("/api/v1/approvals/:id/receipt", requireAgentOrPerson, receipt);

  // People, who find there what their roles let them read (approvals/inbox-lists.ts)
  app.get("/inbox", requirePerson(), inboxState);
  app.get("/inbox/live", requirePerson(), inboxLine);
  app.get("/api/v1/approvals", requirePerson("approver", "auditor"), listOfApprovals);

  accountRoutes(app);
  sessionRoutes(app);

  // How people are told of requests; what decides nothing, but turns requests away from somebody, is signed
  app.get("/account/notifications", requirePage(), notificationsPage);
  app.get("/api/v1/me/notifications", requirePerson(), showNotifications);
  app.put("/api/v1/me/notifications", requirePerson(), putSettings);
  app.post("/api/v1/me/contacts", requirePerson(), addOwnContact);
  app.post("/api/v1/me/contacts/:id/confirm", requirePerson(), limitFailures, confirmOwnContact);
  app.post("/api/v1/me/contacts/:id/test", requirePerson(), sendTest);
  app.delete("/api/v1/me/contacts/:id", requirePerson(), dropContact);
  app.post("/account/delegations/statement", requirePerson(), draftOwnDelegation);
  app.post("/api/v1/me/delegations", requirePerson(), limitFailures, postDelegation);
  app.delete("/api/v1/me/delegations/:id", requirePerson(), dropDelegation);

  // Those who could decide that request, and auditors, who only read (gate/approvals/visible-request.ts); deciding is signed as well
  app.get("/a/:id", requirePage(), showApproval);
  app.get("/a/:id/state", requirePerson(), approvalState);
  app.post("/a/:id/nonce", requirePerson("approver"), renewNonce);
  app.post("/a/:id/question", requirePerson("approver"), askAgent);
  app.post("/a/:id/time", requirePerson("approver"), giveTime);
  app.post("/a/:id/decision", requirePerson("approver"), wholeBody("approver"), limitFailures, decideApproval);

  // The same, of several requests at once; and two beside each other, for who may look at both
  app.get("/batch", requirePage("approver"), batchPage);
  app.get("/batch/state", requirePerson("approver"), batchState);
  app.post("/batch/statement", requirePerson("approver"), draftBatchDecisions);
  app.post("/batch/decision", requirePerson("approver"), wholeBody("approver"), limitFailures, postBatch);
  app.get("/compare", requirePage("approver", "auditor"), comparePage);

  // The same, of several requests of one agent at once that are alike; what is refused from then on is lifted by its maker and by admins
  app.get("/a/:id/alike", requirePage("approver"), alikePage);
  app.post("/a/:id/alike/statement", requirePerson("approver"), draftAlike);
  app.post("/a/:id/alike/decision", requirePerson("approver"), wholeBody("approver"), limitFailures, postAlike);
  app.get("/api/v1/patterns", requirePerson("approver", "admin", "auditor"), listPatterns);
  app.delete("/api/v1/patterns/:id", requirePerson("approver", "admin"), dropPattern);

  agentRoutes(app);

  // Admins; what widens authority is signed as well. Auditors read
  peopleRoutes(app);
  app.delete("/api/v1/people/:id/delegations/:delegation", requirePerson("admin"), dropDelegationOf);
  app.get("/admin/erasure/:id", requirePage("admin"), erasurePage);
  app.post("/admin/people/erasure/statement", requirePerson("admin"), draftErasureStatement);
  app.post("/api/v1/people/:id/erasure", requirePerson("admin"), limitFailures, postErasure);
  app.delete("/api/v1/signatures/:operation", requirePerson("admin"), dropSignature);

  // Admins publish; what is published everybody reads who has a role
  app.get("/api/v1/policies", requireReader("admin", "approver", "auditor"), listVersions);
  app.get("/api/v1/policies/proposals", requirePerson("admin"), listProposals);
  app.get("/api/v1/policies/:version", requireReader("admin", "approver", "auditor"), showVersion);
  app.post("/api/v1/policies/check", requirePerson("admin"), checkPolicyText);
  app.post("/api/v1/policies/replay", requirePerson("admin"), askReplay);
  app.get("/admin/policy", requirePage("admin", "approver", "auditor"), policyPage);
  app.post("/admin/policy", requirePage("admin"), checkOnPage);
  app.post("/admin/policy/statement", requirePerson("admin"), draftPolicyStatement);
  app.post("/api/v1/policies", requirePerson("admin"), limitFailures, publish);

  // Admins, and approvers for what they gave themselves (gate/grants/revoke-grant.ts). Auditors read
  app.get("/admin/grants", requirePage("admin", "approver", "auditor"), grantsPage);
  app.get("/api/v1/grants", requirePerson("admin", "approver", "auditor"), listOfGrants);
  app.delete("/api/v1/grants/:id", requirePerson("admin", "approver"), dropGrant);

  // Admins; what is told to whom is signed as well. Auditors read
  app.get("/admin/channels", requirePage("admin", "auditor"), channelsPage);
  app.post("/admin/channels/statement", requirePerson("admin"), channels.draftChannelStatement);
  app.get("/api/v1/channels", requireReader("admin", "auditor"), channels.listEveryChannel);
  app.post("/api/v1/channels", requirePerson("admin"), limitFailures, channels.makeChannel);
  app.put("/api/v1/channels/:id", requirePerson("admin"), limitFailures, channels.putChannel);
  app.delete("/api/v1/channels/:id", requirePerson("admin"), channels.dropChannel);
  app.post("/api/v1/channels/:id/test", requirePerson("admin"), channels.postTest);
  app.post("/api/v1/channels/:id/enable", requirePerson("admin"), channels.postEnable);
  app.post("/api/v1/channels/:id/replay", requirePerson("admin"), postReplay);
  app.get("/api/v1/messages", requirePerson("admin", "auditor"), listOfMessages);
  app.post("/api/v1/messages/:id/resend", requirePerson("admin"), postResend);

  // Everything between two states of the log, signed, for audits; records of requests for auditors alone (gate/evidence/bundle-parts.ts)
  app.get("/api/v1/audit/export", requireReader("admin", "auditor"), exportBundle);

  serverRoutes(app);
  connectorRoutes(app);
  auditRoutes(app);
  consoleRoutes(app);

  // What agents did through the gateway; arguments and results as rules have them kept
  app.get("/api/v1/calls", requireReader("admin", "auditor"), listOfCalls);
  app.get("/api/v1/calls/sessions/:session", requireReader("admin", "auditor"), showSession);
  app.get("/api/v1/calls/:agent/:number/proof", requireReader("admin", "auditor"), showCallProof);
  app.get("/api/v1/challenges/:challenge/proof", requireReader("admin", "auditor"), showChallengeProof);

  // What passed with a notice: who may stop agents says that it was looked at, auditors read
  app.get("/look", requirePage("approver", "admin", "auditor"), lookPage);
  app.get("/api/v1/notices", requirePerson("approver", "admin", "auditor"), listOfNotices);
  app.post("/api/v1/notices/:agent/:number/fine", requirePerson("approver", "admin"), markFine);

  // Slack, by its signature; it changes nothing
  app.post("/channels/slack/:id/interactions", requireOwnPage, limitFailures, slackInteraction);

  app.notFound(notFound);

  // Which variable is malformed is its operator's business, whom the log line tells.
  app.onError((error, c) => failed(c, error instanceof ConfigurationError ? "This service is not configured." : brokenOff(c.req.method)));
  return app;
}
