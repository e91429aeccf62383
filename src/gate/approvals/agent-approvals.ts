/** What an agent may do with approvals, the same over MCP and REST: ask, wait, cancel, redeem, report. What it is told of refusals is approval-failures.ts. */
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { agentView } from "./agent-view.ts";
import { awaitApproval, type WaitPorts, type WaitRefusal } from "./await-approval.ts";
import { type AskingAgent, type AskRefusal, type OpenPorts, openApproval } from "./open-approval.ts";
import type { CheckedAsk, RedeemCall, OutcomeReport } from "#rules/agent-calls.ts";
import type { Snapshot } from "./snapshot.ts";
import type { UseRefusal } from "./object/use-approval.ts";

/** The agent whose call is answered. */
export interface Agent extends AskingAgent {
  /**
   * Whether its key stands, so that an answer may be given now: asked again unless it was asked a moment ago (rules/lease.ts). Throws if
   * that cannot be known.
   */
  stands(): Promise<boolean>;
  /** The same, asked in any case. */
  standsNow(): Promise<boolean>;
}

export interface AgentApprovalPorts extends OpenPorts {
  wait: WaitPorts;
  /** These three refuse what is not of the agent of this id, as if it were not there. */
  withdraw(requestId: string, agentId: string, reason: string | null): Promise<Result<Snapshot, NotOwn>>;
  redeem(requestId: string, agentId: string, call: RedeemCall): Promise<Result<Snapshot, UseRefusal>>;
  report(requestId: string, agentId: string, said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>>;
}

/** How long a call may wait, and what it says meanwhile. */
export interface Patience {
  seconds: number;
  /** Called once the request is known, before the wait. */
  begun?(view: AgentView): void;
  /** Aborted when nobody is there any more to take the answer. */
  gone?: AbortSignal;
}

/** No request of this agent's own: somebody else's, a malformed id and an unknown one look the same. */
export interface NotOwn {
  reason: "unknown-request";
}
type WaitingRefusal = WaitRefusal | { reason: "revoked-while-waiting" };
type CancelRefusal = NotOwn | { reason: "past-cancelling"; status: Exclude<Snapshot["status"], "cancelled"> };

/** Why an agent's call is refused; with `not-logged` it may take effect yet. */
export type AgentRefusal = AskRefusal | NotOwn | WaitingRefusal | CancelRefusal | UseRefusal;

const isFinal = ({ status }: Snapshot): boolean => status !== "pending" && status !== "settling";

/** Opens a request, or finds the one with the same idempotency key, or without one the same that goes on, and waits for its end. */
export async function ask(
  input: CheckedAsk,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<{ view: AgentView; isNew: boolean }, AskRefusal | WaitingRefusal>> {
  const opened = await openApproval(input, agent, ports);
  if (!opened.ok) return opened;
  const waited = await waitOn(opened.value.snapshot, agent, patience, ports);
  return waited.ok ? accept({ view: waited.value, isNew: opened.value.isNew }) : waited;
}

/** Waits for the end of a request of this agent's own. */
export async function waitFor(
  requestId: string,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, NotOwn | WaitingRefusal>> {
  const found = await ownApproval(requestId, agent, ports);
  return found.ok ? waitOn(found.value, agent, patience, ports) : found;
}

/** Withdraws a pending request. Cancelling what is already cancelled answers the same again, also while that is on its way to the log. */
export async function cancel(
  requestId: string,
  agent: Agent,
  reason: string | null,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, CancelRefusal>> {
  if (!isOwnRequestId(ports.serverSecret, requestId)) return refuse({ reason: "unknown-request" });
  const withdrawn = await ports.withdraw(requestId, agent.id, reason);
  if (!withdrawn.ok) return withdrawn;
  const { status, endedBy } = withdrawn.value;
  if (status === "cancelled" || endedBy === "requester") return accept(agentView(withdrawn.value));
  return refuse({ reason: "past-cancelling", status });
}

/** Uses an approval, once: whoever gets an answer here, and nobody else, may act. */
export async function redeem(
  requestId: string,
  agent: Agent,
  call: RedeemCall,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, UseRefusal>> {
  if (!isOwnRequestId(ports.serverSecret, requestId)) return refuse({ reason: "unknown-request" });
  const redeemed = await ports.redeem(requestId, agent.id, call);
  return redeemed.ok ? accept(agentView(redeemed.value)) : redeemed;
}

/** Says how the action went. */
export async function reportOn(
  requestId: string,
  agent: Agent,
  said: OutcomeReport,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, UseRefusal>> {
  if (!isOwnRequestId(ports.serverSecret, requestId)) return refuse({ reason: "unknown-request" });
  const reported = await ports.report(requestId, agent.id, said);
  return reported.ok ? accept(agentView(reported.value)) : reported;
}

/** A request of this agent's own. */
export async function ownApproval(
  requestId: string,
  agent: Agent,
  ports: Pick<AgentApprovalPorts, "approvals" | "serverSecret">,
): Promise<Result<Snapshot, NotOwn>> {
  const found = isOwnRequestId(ports.serverSecret, requestId) ? await ports.approvals.read(requestId) : null;
  return found !== null && found.request.requested_by.id === agent.id ? accept(found) : refuse({ reason: "unknown-request" });
}

async function waitOn(
  seen: Snapshot,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, WaitingRefusal>> {
  patience.begun?.(agentView(seen));
  if (isFinal(seen) || patience.seconds === 0) return accept(agentView(seen));
  const deadlineMs = ports.now() + patience.seconds * 1000;
  // Asked again, because the answer is given now and not when the call came in: while the log takes what is told, if it has to.
  let asked: Promise<boolean> | null = null;
  const askAgain = () => {
    asked = agent.standsNow();
    asked.catch(() => undefined);
  };
  const latest = await awaitApproval(seen, deadlineMs, isFinal, ports.wait, patience.gone, askAgain);
  const stands = await (asked ?? agent.standsNow());
  if (!stands || !(await agent.stands())) return refuse({ reason: "revoked-while-waiting" });
  return latest.ok ? accept(agentView(latest.value)) : latest;
}
