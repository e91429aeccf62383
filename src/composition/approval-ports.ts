/** The ports of approvals, made of this Worker's bindings: they are Durable Objects named by their request's id. */
import type { AgentApprovalPorts } from "#gate/approvals/agent-approvals.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { logOrigin } from "#storage/log/log-origin.ts";
import type { ChangeListener, WaitPorts } from "#gate/approvals/await-approval.ts";
import type { Config } from "#config/config.ts";
import type { Bindings } from "#config/bindings.ts";
import { approvalIndex, pendingOf, standingReader } from "#storage/approvals.ts";

/** The object of a request. Its id must have been checked first: any name would make an object. */
export const approvalObject = (env: Bindings, requestId: string): ReturnType<Bindings["APPROVAL_REQUEST"]["getByName"]> =>
  env.APPROVAL_REQUEST.getByName(requestId);

/** Waits over sockets whose far end sleeps. */
export const waitPorts = (env: Bindings, waiter: "agent" | "person"): WaitPorts => ({
  read: (requestId) => approvalObject(env, requestId).read(),
  listen: (requestId, seenTag) => listen(approvalObject(env, requestId), seenTag, waiter),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms))),
  now: () => Date.now(),
});

async function listen(approval: Pick<Fetcher, "fetch">, seenTag: string, waiter: string): Promise<ChangeListener | null> {
  const url = `https://approval/changes?waiter=${waiter}&seen=${encodeURIComponent(seenTag)}`;
  const { status, webSocket } = await approval.fetch(url, { headers: { upgrade: "websocket" } });
  if (status === 429) return null;
  if (webSocket === null) throw new Error("an approval did not open a socket");
  const changed = new Promise<void>((resolve) => {
    for (const event of ["message", "close", "error"] as const) webSocket.addEventListener(event, () => resolve());
  });
  webSocket.accept();
  return { changed, close: () => webSocket.close() };
}

/** What agents' calls need, over MCP and REST alike. */
export function agentApprovalPorts(env: Bindings, config: Config): AgentApprovalPorts {
  return {
    index: approvalIndex(env.DB),
    approvals: {
      read: (requestId) => approvalObject(env, requestId).read(),
      held: (requestId) => approvalObject(env, requestId).read(false),
      open: (opening) => approvalObject(env, opening.request.id).open(opening),
    },
    withdraw: (requestId, agentId, reason) => approvalObject(env, requestId).withdraw(agentId, reason),
    redeem: (requestId, agentId, call) => approvalObject(env, requestId).redeemFor(agentId, call),
    report: (requestId, agentId, said) => approvalObject(env, requestId).reportFor(agentId, said),
    wait: waitPorts(env, "agent"),
    standing: standingReader(env.DB),
    caps: config.caps,
    allowReveal: config.allowReveal,
    origin: config.origin,
    logOrigin: () => logOrigin(env.DB, config),
    serverSecret: config.serverSecret,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
}

/** Ends what a revoked agent has pending, which also wakes its waits. What fails here ends when it is next touched. */
export async function cancelPendingOf(env: Bindings, agentId: string): Promise<void> {
  const pending = await pendingOf(env.DB, agentId, timestamp(Date.now()));
  await Promise.allSettled(pending.map((requestId) => approvalObject(env, requestId).stop()));
}
