/** The ports of approvals, made of this Worker's bindings: they are Durable Objects named by their request's id. */
import { waitUntil } from "cloudflare:workers";
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import type { LineOf } from "#gate/approvals/inbox/remote-inbox.ts";
import type { ChangeListener, WaitPorts } from "#gate/approvals/await-approval.ts";
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import { activityOf, pastOf, personInboxOf, requestObject, tellInboxes } from "#config/object-places.ts";
import { approvalIndex } from "#storage/approvals.ts";
import { findGrants } from "#storage/grants/find-grants.ts";
import { policyOf } from "#storage/policies/in-force.ts";

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

async function read(env: Bindings, requestId: string, looksInArchive = true): Promise<Snapshot | null> {
  const text = await requestObject(env, requestId).readText(looksInArchive);
  return text === null ? null : (JSON.parse(text) as Snapshot);
}

/** Waits over sockets whose far end sleeps. */
export const waitPorts = (env: Bindings, waiter: "agent" | "person"): WaitPorts => ({
  read: (requestId) => read(env, requestId),
  listen: (requestId, seenTag) => listen(requestObject(env, requestId), seenTag, waiter),
  sleep,
  now: () => Date.now(),
});

async function listen(approval: Pick<Fetcher, "fetch">, seenTag: string, waiter: string): Promise<ChangeListener | null> {
  const url = `https://approval/changes?waiter=${waiter}&seen=${encodeURIComponent(seenTag)}`;
  const { status, webSocket } = await approval.fetch(url, { headers: { upgrade: "websocket" } });
  if (status === 429) return null;
  if (webSocket === null) throw new Error("an approval did not open a socket");
  const changed = new Promise<Snapshot | null>((resolve) => {
    webSocket.addEventListener("message", (event: MessageEvent) => resolve(readChange(event.data)));
    for (const event of ["close", "error"] as const) webSocket.addEventListener(event, () => resolve(null));
  });
  webSocket.accept();
  return { changed, close: () => webSocket.close() };
}

/** What an object says of a change (durable-objects/approval-request.ts); null from one of the version before, which sends a word only. */
const readChange = (data: unknown): Snapshot | null =>
  typeof data === "string" && data.startsWith("{") ? (JSON.parse(data) as Snapshot) : null;

/** What agents' calls need, over MCP and REST alike. */
export function agentApprovalPorts(env: Bindings, config: Config): AgentApprovalPorts {
  return {
    index: approvalIndex(env.DB),
    policyOf: (epoch) => policyOf(env.DB, epoch),
    findGrants: (subject, exactOf, now) => findGrants(env.DB, subject, exactOf, now),
    approvals: {
      read: (requestId) => read(env, requestId),
      held: (requestId) => read(env, requestId, false),
      open: (opening) => requestObject(env, opening.request.id).open(opening),
    },
    countAsk: (agentId, rule, most) => activityOf(env, agentId).countAsk(rule, most),
    pastOf: (agentId) => pastOf(env, agentId),
    withdraw: (requestId, agentId, reason) => requestObject(env, requestId).withdraw(agentId, reason),
    redeem: (requestId, agentId, call) => requestObject(env, requestId).redeemFor(agentId, call),
    report: (requestId, agentId, said) => requestObject(env, requestId).reportFor(agentId, said),
    answer: (requestId, agentId, said) => requestObject(env, requestId).answerFor(agentId, said),
    wait: waitPorts(env, "agent"),
    caps: config.caps,
    allowReveal: config.allowReveal,
    origin: config.origin,
    logOrigin: () => logOrigin(env.DB, config),
    tellWatchers: (people) => waitUntil(tellInboxes(env, people)),
    serverSecret: config.serverSecret,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
}

/** The line of a person's open page. Null in a deployment without; the line is null if the person has too many. Throws if it cannot be opened. */
export const pageLine = (env: Bindings): ((line: LineOf) => Promise<WebSocket | null>) | null =>
  env.PERSON_INBOX === undefined ? null : (line) => openLine(env, line);

async function openLine(env: Bindings, { personId, session, isAuditor }: LineOf): Promise<WebSocket | null> {
  const query = new URLSearchParams({ person: personId, session, auditor: isAuditor ? "1" : "0" });
  const answer = await personInboxOf(env, personId)?.fetch(`https://inbox/line?${query.toString()}`, { headers: { upgrade: "websocket" } });
  if (answer?.status === 429) return null;
  if (answer?.webSocket == null) throw new Error("an inbox did not open a line");
  return answer.webSocket;
}
