/** What an agent may do with approvals, the same over MCP and REST: ask, wait, cancel, redeem, report. Every refusal has its code here. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { agentView, type AgentView } from "./agent-view.ts";
import type { StandingReader } from "./object/approval-object.ts";
import { awaitApproval, type WaitPorts } from "./await-approval.ts";
import type { Failure } from "#rules/failure.ts";
import { type OpenPorts, openApproval } from "./open-approval.ts";
import type { CheckedAsk, RedeemCall, OutcomeReport } from "#rules/agent-calls.ts";
import type { Snapshot } from "./snapshot.ts";
import type { UseRefusal } from "./object/use-approval.ts";
import { useFailure } from "./use-failure.ts";

/** An agent in good standing when its call came in. */
export interface Agent {
  id: string;
  name: string;
  /** The person who answers for it. */
  owner: string;
}

export interface AgentApprovalPorts extends OpenPorts {
  wait: WaitPorts;
  standing: Pick<StandingReader, "agentStands">;
  /** Null if nothing was ever opened under this id. */
  cancel(requestId: string, by: "requester", reason: string | null): Promise<Snapshot | null>;
  redeem(requestId: string, call: RedeemCall): Promise<Result<Snapshot, UseRefusal>>;
  report(requestId: string, said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>>;
}

/** How long a call may wait, and what it says meanwhile. */
export interface Patience {
  seconds: number;
  /** Called once the request is known, before the wait. */
  begun?(view: AgentView): void;
  /** Aborted when nobody is there any more to take the answer. */
  gone?: AbortSignal;
}

const UNKNOWN: Failure = { code: "unknown_request", message: "There is no such request of yours." };
const REVOKED: Failure = { code: "unauthorized", message: "This agent's key has been revoked.", reason: "revoked-while-waiting" };

/** For agents and pages alike. */
export const TOO_MANY_WAITERS: Failure = {
  code: "rate_limited",
  message: "Too many calls wait on this request already. The request stays; call again later, or wait in one place.",
  retryAfter: 5,
};

const isFinal = ({ status }: Snapshot): boolean => status !== "pending" && status !== "settling";

/** Opens a request, or finds the one with the same idempotency key, and waits for its end. */
export async function ask(
  input: CheckedAsk,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<{ view: AgentView; isNew: boolean }, Failure>> {
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
): Promise<Result<AgentView, Failure>> {
  const found = await ownApproval(requestId, agent, ports);
  return found.ok ? waitOn(found.value, agent, patience, ports) : found;
}

/** Withdraws a pending request. Cancelling what is already cancelled answers the same again, also while that is on its way to the log. */
export async function cancel(
  requestId: string,
  agent: Agent,
  reason: string | null,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, Failure>> {
  const found = await ownApproval(requestId, agent, ports);
  if (!found.ok) return found;
  const cancelled = await ports.cancel(requestId, "requester", reason);
  if (cancelled === null) return refuse(UNKNOWN);
  if (cancelled.status === "cancelled" || cancelled.endedBy === "requester") return accept(agentView(cancelled));
  return refuse({ code: "already_final", message: `${HOW_IT_STANDS[cancelled.status]}; it can no longer be cancelled.` });
}

/** Why a request is past cancelling. One that is still pending is past its deadline, and that is not recorded yet. */
const HOW_IT_STANDS: Record<Exclude<Snapshot["status"], "cancelled">, string> = {
  pending: "The deadline has passed",
  settling: "A decision is being recorded",
  approved: "The request is approved",
  denied: "The request is denied",
  expired: "The request is expired",
};

/** Uses an approval, once: whoever gets an answer here, and nobody else, may act. */
export async function redeem(
  requestId: string,
  agent: Agent,
  call: RedeemCall,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, Failure>> {
  const found = await ownApproval(requestId, agent, ports);
  if (!found.ok) return found;
  const redeemed = await ports.redeem(requestId, call);
  return redeemed.ok ? accept(agentView(redeemed.value)) : refuse(useFailure(redeemed.refusal));
}

/** Says how the action went. */
export async function reportOn(
  requestId: string,
  agent: Agent,
  said: OutcomeReport,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, Failure>> {
  const found = await ownApproval(requestId, agent, ports);
  if (!found.ok) return found;
  const reported = await ports.report(requestId, said);
  return reported.ok ? accept(agentView(reported.value)) : refuse(useFailure(reported.refusal));
}

/** A request of this agent's own. Somebody else's, a malformed id and an unknown one look the same. */
export async function ownApproval(
  requestId: string,
  agent: Agent,
  ports: Pick<AgentApprovalPorts, "approvals" | "serverSecret">,
): Promise<Result<Snapshot, Failure>> {
  const found = isOwnRequestId(ports.serverSecret, requestId) ? await ports.approvals.read(requestId) : null;
  return found !== null && found.request.requested_by.id === agent.id ? accept(found) : refuse(UNKNOWN);
}

async function waitOn(seen: Snapshot, agent: Agent, patience: Patience, ports: AgentApprovalPorts): Promise<Result<AgentView, Failure>> {
  patience.begun?.(agentView(seen));
  if (isFinal(seen) || patience.seconds === 0) return accept(agentView(seen));
  const deadlineMs = ports.now() + patience.seconds * 1000;
  const latest = await awaitApproval(seen, deadlineMs, isFinal, ports.wait, patience.gone);
  // Read again, because the answer is given now and not when the call came in.
  if (!(await ports.standing.agentStands(agent.id))) return refuse(REVOKED);
  return latest.ok ? accept(agentView(latest.value)) : refuse(TOO_MANY_WAITERS);
}
