/**
 * The Tasks extension (SEP-2663): a call that is not finished, as a task that the client polls. Only for clients that declare
 * it in the very request. A task is something else seen in another way, and nothing is stored for it: what it is and whose,
 * its tool knows (`TaskSource`). Nothing here decides, whatever a client sends to `tasks/update`. Not offered: `notifications/tasks`.
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
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { memberOf } from "./member-of.ts";
import type { Caller, TaskSource, WaitedFor } from "./tool.ts";

const EXTENSION = "io.modelcontextprotocol/tasks";

/** What `server/discover` says of it. */
export const TASKS_CAPABILITY = { [EXTENSION]: {} };

/** A poll comes after a thirtieth of the time already waited, within these: soon while people are looking, rarely overnight. */
const POLL_SHARE = 30;
const SOONEST_POLL_MS = 2_000;
const LATEST_POLL_MS = 60_000;

type TaskState = Pick<WaitedFor, "taskId" | "statusMessage" | "createdAt" | "lastUpdatedAt" | "ttlMs">;

/** `cancelled` is what the agent itself has withdrawn. Every other end is the result that the call would have had. */
type Task = TaskState &
  (
    | { status: "working"; pollIntervalMs: number }
    | { status: "completed"; result: CallToolResult & { resultType: "complete" } }
    | { status: "cancelled" }
  );

/** What is waited for, as the extension says it. */
function taskOf({ taskId, createdAt, lastUpdatedAt, ttlMs, statusMessage, waitedMs, end }: WaitedFor): Task {
  const state = { taskId, createdAt, lastUpdatedAt, ttlMs };
  if (end === null) {
    const pollIntervalMs = Math.min(Math.max(Math.round(waitedMs / POLL_SHARE), SOONEST_POLL_MS), LATEST_POLL_MS);
    return { ...state, status: "working", statusMessage, pollIntervalMs };
  }
  if (end.isCancelledByAgent) return { ...state, status: "cancelled", statusMessage };
  return { ...state, status: "completed", statusMessage, result: { resultType: "complete", ...end.result } };
}

/** Looked at in every call, most of which declare nothing: to say so, a schema would take as long as it takes to check the arguments. */
export const isDeclaredIn = (meta: unknown): boolean =>
  isObject(memberOf(memberOf(memberOf(meta, CLIENT_CAPABILITIES_META_KEY), "extensions"), EXTENSION) as JsonValue);

/** Whether the client takes tasks. Only this request's word counts: there is no session to remember another. */
export const takesTasks = (ctx: ServerContext): boolean => isDeclaredIn(ctx.mcpReq.envelope);

/**
 * The answer to a call that is not finished: a task. It is made from the read that `tasks/get` makes, so what is given out
 * can be got. If it has ended meanwhile, the answer is how.
 */
export async function answerWithTask(taskId: string, source: TaskSource, caller: Caller): Promise<CallToolResult> {
  const { waitedFor } = await ownTask(taskId, [source], caller);
  if (waitedFor.end !== null) return waitedFor.end.result;
  const task = taskOf(waitedFor);
  // The SDK puts `content` into whatever a tool answers. Who reads that instead of the task must not take it for a yes.
  return { resultType: "task", ...task, content: [{ type: "text", text: task.statusMessage }] };
}

interface OwnTask {
  waitedFor: WaitedFor;
  source: TaskSource;
}

/** Somebody else's, a malformed and an unknown task look the same. */
async function ownTask(taskId: unknown, sources: readonly TaskSource[], caller: Caller): Promise<OwnTask> {
  if (typeof taskId === "string") {
    for (const source of sources) {
      const waitedFor = await source.read(taskId, caller);
      if (waitedFor !== null) return { waitedFor, source };
    }
  }
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, "There is no such task of yours.");
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
  if (memberOf(message, "method") !== SUBSCRIBE) return null;
  const wanted = taskSubscription.safeParse(message);
  if (!wanted.success || isDeclaredIn(wanted.data.params._meta)) return null;
  const { code, message: text, data } = missingCapability();
  return Response.json({ jsonrpc: "2.0", id: wanted.data.id, error: { code, message: text, data } }, { status: 400 });
}

const SUBSCRIBE = "subscriptions/listen";
const taskSubscription = z.looseObject({
  id: z.union([z.string(), z.number()]),
  method: z.literal(SUBSCRIBE),
  params: z.looseObject({
    _meta: z.looseObject({}),
    notifications: z.looseObject({ taskIds: z.unknown().check(z.refine((taskIds) => taskIds !== undefined)) }),
  }),
});

/** Whether a message is for one of the methods that `serveTasks` serves. */
export function isAboutTask(message: unknown): boolean {
  const method = memberOf(message, "method");
  return typeof method === "string" && method.startsWith("tasks/");
}

const ofTask = { params: z.looseObject({ taskId: z.optional(z.unknown()) }) };

type Method = (task: OwnTask, ctx: ServerContext) => Promise<Result> | Result;

/** Serves `tasks/get`, `tasks/update` and `tasks/cancel` to the caller, of what these sources know. */
export function serveTasks({ server }: McpServer, sources: readonly TaskSource[], caller: Caller): void {
  const agent = caller.agent.id;
  /** 1. the capability, before anything is said of the task; 2. the caller's own task; 3. the method. */
  const serve = (method: string, run: Method) =>
    server.setRequestHandler(method, ofTask, async ({ taskId }, ctx) => {
      if (!takesTasks(ctx)) throw missingCapability(); // 1
      try {
        const task = await ownTask(taskId, sources, caller); // 2
        logLine("task", { method, agent, ...task.waitedFor.log });
        return await run(task, ctx); // 3
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        logLine("task", { method, agent, code: "unavailable", error: errorText(error) });
        const what = method === "tasks/cancel" ? "It is not known whether this was withdrawn." : "This could not be done now.";
        throw new ProtocolError(ProtocolErrorCode.InternalError, `${what} Call again.`);
      }
    });

  serve("tasks/get", ({ waitedFor }) => ({ ...taskOf(waitedFor) }));
  // No task of ours asks the client for anything, so no response is outstanding and all are ignored, as the extension says.
  serve("tasks/update", (_, { mcpReq }) => {
    if (mcpReq.inputResponses === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "inputResponses is missing.");
    return {};
  });
  serve("tasks/cancel", async ({ waitedFor, source }) => {
    // Withdrawn, or ended before: acknowledged either way, and tasks/get says which.
    await source.cancel(waitedFor.taskId, caller);
    return {};
  });
}
