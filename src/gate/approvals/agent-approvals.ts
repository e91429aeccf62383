/** What an agent may do with approvals, the same over MCP and REST: ask, wait, cancel, redeem, report. What it is told of refusals is approval-failures.ts. */
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AgentFacts, isStoppedSince } from "#rules/policies/judged.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import type { GivenAnswer } from "#rules/talk/questions.ts";
import { agentView } from "./agent-view.ts";
import { awaitApproval, type WaitPorts, type WaitRefusal } from "./await-approval.ts";
import { type AskingAgent, type AskRefusal, type NotAdmitted, type OpenPorts, openApproval } from "./open-approval.ts";
import type { CheckedAsk, RedeemCall, OutcomeReport } from "#rules/agent-calls.ts";
import { questionOpen, type Snapshot } from "./snapshot.ts";
import type { GivenAnswerRefusal } from "./object/ask-back.ts";
import type { UseRefusal } from "./object/use-approval.ts";

/** The agent whose call is answered. */
export interface Agent extends AskingAgent {
  /**
   * By what it is judged if its key stands, so that an answer may be given now; null if it is revoked. Asked again unless it was asked a
   * moment ago (rules/lease.ts). Throws if that cannot be known.
   */
  stands(): Promise<AgentFacts | null>;
  /** The same, asked in any case. */
  standsNow(): Promise<AgentFacts | null>;
}

export interface AgentApprovalPorts extends OpenPorts {
  wait: WaitPorts;
  /** These four refuse what is not of the agent of this id, as if it were not there. */
  withdraw(requestId: string, agentId: string, reason: string | null): Promise<Result<Snapshot, NotOwn>>;
  redeem(requestId: string, agentId: string, call: RedeemCall): Promise<Result<Snapshot, UseRefusal>>;
  report(requestId: string, agentId: string, said: OutcomeReport): Promise<Result<Snapshot, UseRefusal>>;
  answer(requestId: string, agentId: string, said: GivenAnswer): Promise<Result<Snapshot, GivenAnswerRefusal>>;
}

/** How long a call may wait, and what it says meanwhile. */
export interface Patience {
  seconds: number;
  /** Nobody hears anything before the answer: where a number has to be shown to people, the answer comes at once. */
  isMute?: boolean;
  /** Called once the request is known, before the wait. */
  begun?(view: AgentView): void;
  /** Aborted when nobody is there any more to take the answer. */
  gone?: AbortSignal;
}

/** No request of this agent's own: somebody else's, a malformed id and an unknown one look the same. */
export interface NotOwn {
  reason: "unknown-request";
}
type WaitingRefusal = WaitRefusal | Halted;
/** Its agent was revoked, or it or everything was stopped, and may hear nothing of its requests. */
interface Halted {
  reason: "revoked-while-waiting" | "agent-stopped";
}
type CancelRefusal = NotOwn | { reason: "past-cancelling"; status: Exclude<Snapshot["status"], "cancelled"> };

/** Why an agent's call is refused; with `not-logged` it may take effect yet. */
export type AgentRefusal = AskRefusal | NotOwn | WaitingRefusal | CancelRefusal | UseRefusal | GivenAnswerRefusal;

/** Whether there is something to tell at once: its end, or what a person wants to know. */
const endsWait = (seen: Snapshot): boolean => (seen.status !== "pending" && seen.status !== "settling") || questionOpen(seen) !== null;

/** Opens a request, or finds the one with the same idempotency key, or without one the same that goes on, and waits for its end. */
export async function ask(
  input: CheckedAsk,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<{ view: AgentView; isNew: boolean }, AskRefusal | WaitingRefusal>> {
  const opened = await openApproval(input, agent, ports);
  if (!opened.ok) return opened;
  const { snapshot, isNew } = opened.value;
  // Whoever asks again has the number.
  const waited = await waitOn(snapshot, agent, { ...patience, isMute: patience.isMute === true && isNew }, ports);
  return waited.ok ? accept({ view: waited.value, isNew }) : waited;
}

/** Waits for the end of a request of this agent's own. */
export async function waitFor(
  requestId: string,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, NotOwn | NotAdmitted | WaitingRefusal>> {
  // At the same time: reading lets nothing take effect, and nothing is said of it before the agent is known to be admitted.
  const [refused, found] = await Promise.all([agent.admitted(), ownApproval(requestId, agent, ports)]);
  if (refused !== null) return refuse({ reason: "not-admitted", failure: refused });
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
): Promise<Result<AgentView, UseRefusal | Halted>> {
  if (!isOwnRequestId(ports.serverSecret, requestId)) return refuse({ reason: "unknown-request" });
  const redeemed = await ports.redeem(requestId, agent.id, call);
  if (!redeemed.ok) return redeemed;
  // Its object may have read before a stop what the log took after it was answered: then nobody may act.
  const facts = await agent.stands();
  const halted = facts !== null && isStoppedSince(redeemed.value, facts) ? refuse({ reason: "agent-stopped" } as const) : null;
  return halted ?? accept(agentView(redeemed.value));
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

/** Answers what a person asked, once that is in the log. */
export async function answerAsked(
  requestId: string,
  agent: Agent,
  said: GivenAnswer,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, GivenAnswerRefusal>> {
  if (!isOwnRequestId(ports.serverSecret, requestId)) return refuse({ reason: "unknown-request" });
  const answered = await ports.answer(requestId, agent.id, said);
  return answered.ok ? accept(agentView(answered.value)) : answered;
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

/**
 * What its agent may hear of a request now. Nothing while it is stopped; and nothing ever of what a stop came after, unless it is over in
 * another way: by a no, or used before.
 */
export async function heardBy(agent: Pick<Agent, "stands">, seen: Snapshot): Promise<Halted | null> {
  const facts = await agent.stands();
  if (facts === null) return { reason: "revoked-while-waiting" };
  const isVoid = (!isOver(seen) || seen.endedBy === "stop") && isStoppedSince(seen, facts);
  return facts.isStopped || isVoid ? { reason: "agent-stopped" } : null;
}

/** Whether a later stop takes nothing from it: nothing more can be done by it. */
const isOver = ({ status, redeemedAt }: Snapshot): boolean =>
  redeemedAt !== null || status === "denied" || status === "expired" || status === "cancelled";

/** 1. nothing is heard of what was stopped; 2. the wait ends with the request, with a question, or as soon as it is learned that its agent is stopped; 3. the same as 1 again, for the answer is given now. */
async function waitOn(
  seen: Snapshot,
  agent: Agent,
  patience: Patience,
  ports: AgentApprovalPorts,
): Promise<Result<AgentView, WaitingRefusal>> {
  const halted = await heardBy(agent, seen); // 1
  if (halted !== null) return refuse(halted);
  patience.begun?.(agentView(seen));
  const hasToShow = patience.isMute === true && seen.matchCode !== undefined;
  if (endsWait(seen) || hasToShow || patience.seconds === 0) return accept(agentView(seen));
  const deadlineMs = ports.now() + patience.seconds * 1000;
  // Asked again, because the answer is given now and not when the call came in: while the log takes what is told, if it has to.
  let asked: Promise<AgentFacts | null> | null = null;
  const stopped = new AbortController();
  const askAgain = () => {
    asked = agent.standsNow();
    asked.then(
      (facts) => facts?.isStopped === false || stopped.abort(),
      () => undefined,
    );
  };
  const gone = patience.gone === undefined ? stopped.signal : AbortSignal.any([patience.gone, stopped.signal]);
  const latest = await awaitApproval(seen, deadlineMs, endsWait, ports.wait, gone, askAgain); // 2
  await (asked ?? agent.standsNow());
  const haltedNow = await heardBy(agent, latest.ok ? latest.value : seen); // 3
  if (haltedNow !== null) return refuse(haltedNow);
  return latest.ok ? accept(agentView(latest.value)) : latest;
}
