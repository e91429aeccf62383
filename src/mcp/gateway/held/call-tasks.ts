/**
 * A gated call as a task (SEP-2663), for clients that take tasks: the request under its own id, nothing is stored for it. A poll sends what
 * has been approved, as coming back for it does.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import { cancel, heardBy } from "#gate/approvals/agent-approvals.ts";
import { agentView } from "#gate/approvals/agent-view.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { CallState } from "#gate/approvals/remote-approval.ts";
import { isOwnRequestId } from "#rules/request-id.ts";
import { refusal } from "../../tool-answer.ts";
import type { GatewayCaller } from "../gateway-caller.ts";
import { endedWithout, isRunOver, runText, waitingMessage } from "./held-answers.ts";
import { answerJson, jsonAnswer, INVALID_PARAMS, rpcError, type RpcId, rpcResult } from "../rpc.ts";

const POLL_MS = 2_000;
/** So long a poll waits for a run that it has begun, or found. */
const RUN_PATIENCE_MS = 3_000;

const noTask = (id: RpcId): Response => answerJson(rpcError(id, INVALID_PARAMS, "There is no such task of yours."));

/** A call of this agent's, of the server at this address; null for any other. */
export async function ownCall(requestId: unknown, caller: GatewayCaller, serverId: string): Promise<CallState | null> {
  if (typeof requestId !== "string" || !isOwnRequestId(caller.ports.serverSecret, requestId)) return null;
  const state = await caller.ports.callState(requestId, caller.agent.id);
  return state?.serverId === serverId ? state : null;
}

interface TaskText {
  task: JsonObject & { statusMessage: string };
  /** The message that the call would have been answered with; null while it is unfinished. */
  end: string | null;
  /** Whether nothing more comes of it: then equal calls are new ones, while the task goes on to tell how it ended. */
  isOver: boolean;
}

/** It was told how it ended. */
function told({ isOver }: TaskText, requestId: string, { joinKey }: CallState, { ports }: GatewayCaller): void {
  if (isOver) ports.waitUntil(ports.activity.unjoin(joinKey, requestId).catch(() => undefined));
}

/** The answer to a call that is not finished: its task. */
export async function answerWithCallTask(id: RpcId, requestId: string, caller: GatewayCaller): Promise<Response> {
  const state = await caller.ports.callState(requestId, caller.agent.id);
  if (state === null) throw new Error("a request is not there that was opened a moment ago");
  const text = await taskOf(id, requestId, state, caller);
  told(text, requestId, state, caller);
  if (text.end !== null) return jsonAnswer(text.end);
  const { task } = text;
  return answerJson(rpcResult(id, { resultType: "task", ...task, content: [{ type: "text", text: task.statusMessage }] }));
}

async function taskOf(id: RpcId, requestId: string, found: CallState, caller: GatewayCaller): Promise<TaskText> {
  const { snapshot } = found;
  const { request, decisions, endedAt } = snapshot;
  const view = agentView(snapshot);
  const createdMs = Date.parse(request.requested_at);
  const of = {
    taskId: request.id,
    createdAt: request.requested_at,
    lastUpdatedAt: endedAt ?? decisions.at(-1)?.decided_at ?? request.requested_at,
    ttlMs: Date.parse(request.use_by) - createdMs,
  };
  const working = (statusMessage: string): TaskText => ({
    task: { ...of, status: "working", statusMessage, pollIntervalMs: POLL_MS },
    end: null,
    isOver: false,
  });
  const ended = (statusMessage: string, end: string, isOver: boolean): TaskText => ({
    task: { ...of, status: "completed", statusMessage },
    end,
    isOver,
  });
  const failed = (failure: Parameters<typeof refusal>[0], isOver: boolean) =>
    ended(failure.message, JSON.stringify(rpcResult(id, { resultType: "complete", ...refusal(failure) })), isOver);
  const halted = await heardBy(caller.agent, snapshot);
  if (halted !== null) return failed(agentFailure(halted), false);
  if (view.status === "pending") return working(waitingMessage(view));
  if (snapshot.endedBy === "requester")
    return { task: { ...of, status: "cancelled", statusMessage: "Withdrawn." }, end: null, isOver: true };
  if (view.status !== "approved") return failed(endedWithout(view), true);
  const running = caller.ports.runCall(requestId, caller.agent.id, null);
  caller.ports.waitUntil(running.catch(() => undefined));
  const run = await Promise.race([running, new Promise<null>((resolve) => setTimeout(resolve, RUN_PATIENCE_MS, null))]);
  const text = run === null ? null : runText({ id, method: "tools/call", isModern: true }, run);
  if (run === null || text === null) return working("Approved, and on its way to the server.");
  return ended("Done.", text, isRunOver(run));
}

/** `tasks/get`, `tasks/update` and `tasks/cancel` of a call that is a request; null where the id is not of one. */
export async function serveOwnTask(
  { id, method, params }: { id: RpcId; method: string; params: JsonObject },
  caller: GatewayCaller,
  serverId: string,
): Promise<Response | null> {
  const { taskId } = params;
  if (typeof taskId !== "string" || !taskId.startsWith("apr_")) return null;
  const state = await ownCall(taskId, caller, serverId);
  if (state === null) return noTask(id);
  if (method === "tasks/update") return answerJson(rpcResult(id, { resultType: "complete" }));
  if (method === "tasks/cancel") {
    await cancel(taskId, caller.agent, null, caller.ports.approvals);
    return answerJson(rpcResult(id, { resultType: "complete" }));
  }
  if (method !== "tasks/get") return noTask(id);
  const text = await taskOf(id, taskId, state, caller);
  told(text, taskId, state, caller);
  const { task, end } = text;
  if (end === null) return answerJson(rpcResult(id, { resultType: "complete", ...task }));
  return jsonAnswer(withResult(id, task, end));
}

/** The task with the result that the call would have had, as the server wrote it: numbers keep their digits. */
function withResult(id: RpcId, task: JsonObject, end: string): string {
  const start = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
  const isResult = end.startsWith(start);
  const status = isResult ? "completed" : "failed";
  const member = isResult
    ? `"result":${end.slice(start.length, -1)}`
    : `"error":${JSON.stringify((JSON.parse(end) as JsonObject)["error"])}`;
  const head = JSON.stringify({ resultType: "complete", ...task, status });
  return `${start}${head.slice(0, -1)},${member}}}`;
}
