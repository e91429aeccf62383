/** What tools that answer with an approval have in common: what they tell of it, how they wait for it, and the task that it is. */
import type * as z from "zod/mini";
import { approvalDocument } from "#api/approval-schemas.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { type AgentRefusal, cancel, heardBy, ownApproval, type Patience } from "#gate/approvals/agent-approvals.ts";
import { agentView } from "#gate/approvals/agent-view.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { refuse, type Result } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import { answer, refusal } from "./tool-answer.ts";
import { type Call, served, type ServedTool, type TaskSource, type Tool } from "./tool.ts";

/** Clients that cannot be told of progress give up at about a minute. */
const MAX_SILENT_WAIT_SECONDS = 50;

/** A tool that answers with an approval. */
export const approvalTool = <Input extends z.ZodMiniType>(tool: Omit<Tool<Input, typeof approvalDocument>, "output" | "log">): ServedTool =>
  served({ ...tool, output: approvalDocument, log: ({ request_id, status }) => ({ request: request_id, code: status }) });

/** What the caller is told of how its call went. */
export const told = (done: Result<AgentView, AgentRefusal>): Result<AgentView, Failure> =>
  done.ok ? done : refuse(agentFailure(done.refusal));

/** What people still have to do, and where. */
const waitingMessage = (view: AgentView): string => {
  const { approval_url, approvals, required, question, next, match_code } = view;
  if (question !== undefined && question.answered_at === undefined) return `${next} The question of ${question.by}: ${question.text}`;
  const number = match_code === undefined ? "" : ` (number to pick: ${match_code})`;
  return required === 1
    ? `Waiting for a person to decide${number}: ${approval_url}`
    : `Waiting for people to decide${number}, ${approvals} of ${required} have approved: ${approval_url}`;
};

/** The patience of a call that may wait so many seconds. */
export function patience(seconds: number, { waitingFor, gone }: Call): Patience {
  if (waitingFor === null) return { seconds: Math.min(seconds, MAX_SILENT_WAIT_SECONDS), gone, isMute: true };
  const begun = (view: AgentView) => {
    if (view.status === "pending") waitingFor(waitingMessage(view));
  };
  return { seconds, begun, gone };
}

/**
 * An approval as a task: seen in another way, under the request's id, and nothing is stored for it. What the agent itself has
 * withdrawn is cancelled; every other end is a result.
 */
const approvalTasks: TaskSource = {
  async read(taskId, { agent, ports }) {
    const found = await ownApproval(taskId, agent, ports.approvals);
    if (!found.ok) return null;
    const { request, decisions, status, endedAt, endedBy } = found.value;
    const halted = await heardBy(agent, found.value);
    const view = agentView(found.value);
    const isPending = halted === null && view.status === "pending";
    const result = halted === null ? answer(view) : refusal(agentFailure(halted));
    const createdMs = Date.parse(request.requested_at);
    return {
      taskId: request.id,
      statusMessage: isPending ? waitingMessage(view) : halted === null ? view.next : agentFailure(halted).message,
      createdAt: request.requested_at,
      lastUpdatedAt: endedAt ?? decisions.at(-1)?.decided_at ?? request.requested_at,
      ttlMs: Date.parse(request.use_by) - createdMs,
      waitedMs: ports.approvals.now() - createdMs,
      end: isPending ? null : { result, isCancelledByAgent: halted === null && endedBy === "requester" },
      log: { request: request.id, code: status },
    };
  },
  async cancel(taskId, { agent, ports }) {
    await cancel(taskId, agent, null, ports.approvals);
  },
};

/** Of a tool that asks: what is pending goes on as a task. */
export const pendingAsTask = {
  source: approvalTasks,
  taskIdOf: ({ request_id, status }: AgentView) => (status === "pending" ? request_id : null),
};
