/**
 * The Tasks extension (SEP-2663): a request that nobody has decided yet, as a task that the client polls. Only for clients
 * that declare it in the very request. A task is the approval seen in another way: it has the request's id, and nothing is
 * stored for it. Nothing here decides, whatever a client sends to `tasks/update`. Not offered: `notifications/tasks`.
 */
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod/mini";
import { type Agent, type AgentApprovalPorts, cancel, ownApproval } from "#gate/approvals/agent-approvals.ts";
import type { AgentView } from "#countersign/documents/agent-view.ts";
import { agentView } from "#gate/approvals/agent-view.ts";
import type { Snapshot } from "#gate/approvals/snapshot.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { answer } from "./tool-answer.ts";

const EXTENSION = "io.modelcontextprotocol/tasks";

/** What `server/discover` says of it. */
export const TASKS_CAPABILITY = { [EXTENSION]: {} };

/** A poll comes after a thirtieth of the time already waited, within these: soon while people are looking, rarely overnight. */
const POLL_SHARE = 30;
const SOONEST_POLL_MS = 2_000;
const LATEST_POLL_MS = 60_000;

interface TaskState {
  taskId: string;
  statusMessage: string;
  /** As in the approval: to the millisecond, UTC. */
  createdAt: string;
  lastUpdatedAt: string;
  /** From `createdAt`; until then at least the result can be had. */
  ttlMs: number;
}

/** `cancelled` is what the agent itself has withdrawn. Every other end is the result that the call would have had. */
export type Task = TaskState &
  (
    | { status: "working"; pollIntervalMs: number }
    | { status: "completed"; result: CallToolResult & { resultType: "complete" } }
    | { status: "cancelled" }
  );

/** What people still have to do, and where. */
export function waitingMessage({ approval_url, approvals, required }: AgentView): string {
  return required === 1
    ? `Waiting for a person to decide: ${approval_url}`
    : `Waiting for people to decide, ${approvals} of ${required} have approved: ${approval_url}`;
}

/** The task that an approval is. */
export function taskOf(snapshot: Snapshot, nowMs: number): Task {
  const { request, decisions, endedAt, endedBy } = snapshot;
  const view = agentView(snapshot);
  const createdMs = Date.parse(request.requested_at);
  const state = {
    taskId: request.id,
    createdAt: request.requested_at,
    lastUpdatedAt: endedAt ?? decisions.at(-1)?.decided_at ?? request.requested_at,
    ttlMs: Date.parse(request.use_by) - createdMs,
  };
  if (view.status === "pending") {
    const pollMs = Math.round((nowMs - createdMs) / POLL_SHARE);
    const pollIntervalMs = Math.min(Math.max(pollMs, SOONEST_POLL_MS), LATEST_POLL_MS);
    return { ...state, status: "working", statusMessage: waitingMessage(view), pollIntervalMs };
  }
  if (endedBy === "requester") return { ...state, status: "cancelled", statusMessage: view.next };
  return { ...state, status: "completed", statusMessage: view.next, result: { resultType: "complete", ...answer(view) } };
}

const declaration = z.object({ [CLIENT_CAPABILITIES_META_KEY]: z.object({ extensions: z.object({ [EXTENSION]: z.looseObject({}) }) }) });
const isDeclaredIn = (meta: unknown): boolean => declaration.safeParse(meta).success;

/** Whether the client takes tasks. Only this request's word counts: there is no session to remember another. */
export const takesTasks = (ctx: ServerContext): boolean => isDeclaredIn(ctx.mcpReq.envelope);

/**
 * The answer to a call whose request is still pending: a task. It is made from the read that `tasks/get` makes, so what is
 * given out can be got. If the request has ended meanwhile, the answer is how.
 */
export async function answerWithTask(requestId: string, agent: Agent, ports: AgentApprovalPorts): Promise<CallToolResult> {
  const snapshot = await ownTask(requestId, agent, ports);
  const task = taskOf(snapshot, ports.now());
  if (task.status !== "working") return answer(agentView(snapshot));
  // The SDK puts `content` into whatever a tool answers. Who reads that instead of the task must not take it for a yes.
  return { resultType: "task", ...task, content: [{ type: "text", text: task.statusMessage }] };
}

/** Somebody else's, a malformed and an unknown task look the same. */
async function ownTask(taskId: unknown, agent: Agent, ports: AgentApprovalPorts): Promise<Snapshot> {
  const found = typeof taskId === "string" ? await ownApproval(taskId, agent, ports) : null;
  if (found?.ok !== true) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "There is no such task of yours.");
  return found.value;
}

const missingCapability = () =>
  new MissingRequiredClientCapabilityError(
    { requiredCapabilities: { extensions: TASKS_CAPABILITY } },
    `This needs the extension ${EXTENSION} among the request's client capabilities.`,
  );

/**
 * The refusal of a `subscriptions/listen` that wants news of tasks without declaring them; null for every other message.
 * Who declares them is acknowledged without them by the SDK, and polls.
 */
export function refusedSubscription(message: unknown): Response | null {
  const wanted = taskSubscription.safeParse(message);
  if (!wanted.success || isDeclaredIn(wanted.data.params._meta)) return null;
  const { code, message: text, data } = missingCapability();
  return Response.json({ jsonrpc: "2.0", id: wanted.data.id, error: { code, message: text, data } }, { status: 400 });
}

const taskSubscription = z.looseObject({
  id: z.union([z.string(), z.number()]),
  method: z.literal("subscriptions/listen"),
  params: z.looseObject({
    _meta: z.looseObject({}),
    notifications: z.looseObject({ taskIds: z.unknown().check(z.refine((taskIds) => taskIds !== undefined)) }),
  }),
});

type Method = (task: Snapshot, ctx: ServerContext) => Promise<Result> | Result;

/** Serves `tasks/get`, `tasks/update` and `tasks/cancel` to `agent`. */
export function serveTasks({ server }: McpServer, agent: Agent, ports: AgentApprovalPorts): void {
  /** 1. the capability, before anything is said of the task; 2. the caller's own task; 3. the method. */
  const serve = (method: string, run: Method) =>
    server.setRequestHandler(method, { params: z.looseObject({ taskId: z.optional(z.unknown()) }) }, async ({ taskId }, ctx) => {
      if (!takesTasks(ctx)) throw missingCapability(); // 1
      try {
        const task = await ownTask(taskId, agent, ports); // 2
        logLine("task", { method, agent: agent.id, request: task.request.id, code: task.status });
        return await run(task, ctx); // 3
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        logLine("task", { method, agent: agent.id, code: "unavailable", error: errorText(error) });
        throw new ProtocolError(ProtocolErrorCode.InternalError, "This could not be done now. Call again.");
      }
    });

  serve("tasks/get", (task) => ({ ...taskOf(task, ports.now()) }));
  // No task of ours asks the client for anything, so no response is outstanding and all are ignored, as the extension says.
  serve("tasks/update", (_, { mcpReq }) => {
    if (mcpReq.inputResponses === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "inputResponses is missing.");
    return {};
  });
  serve("tasks/cancel", async ({ request }) => {
    // Withdrawn, or ended before: acknowledged either way, and tasks/get says which.
    await cancel(request.id, agent, null, ports);
    return {};
  });
}
