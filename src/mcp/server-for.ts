/** The SDK's server for one request: what it says of itself, what it lists, and how a tool is called, told of and refused. */
import {
  INTERNAL_ERROR,
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Transport,
} from "@modelcontextprotocol/server";
import { version } from "../../package.json";
import { AGENT_STOPPED, type Failure, KEY_REVOKED } from "#rules/failure.ts";
import { errorText, type LogFields, logLine } from "#config/log-line.ts";
import type { AcceptedForms } from "./accepted-forms.ts";
import { SERVED_VERSIONS } from "./served-versions.ts";
import { answerWithTask, isAboutTask, serveTasks, takesTasks, TASKS_CAPABILITY } from "./tasks.ts";
import { refusal } from "./tool-answer.ts";
import { type Call, type Caller, type CallerLimit, type ServedTool, taskSourcesOf } from "./tool.ts";

const PROGRESS_MS = 10_000;

const INSTRUCTIONS =
  "Countersign asks a person before you do something dangerous. Before an action that deploys, deletes, pays or publishes, call request_human_approval " +
  "with everything the action will use. Only status 'approved' allows it, once, with exactly that payload. Any other status, or none, means no.";

const UNAVAILABLE: Failure = {
  code: "unavailable",
  message:
    "It is not known whether this was done: do not act on it. Call again with the same arguments, and the same idempotency_key if there was one.",
};

/** Tells the caller at once what is waited for, then every ten seconds that the wait goes on; not one who takes no stream. */
function progressOf(ctx: ServerContext, accepted: AcceptedForms): { begin: Call["waitingFor"]; end(): void } {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined || !accepted.stream) return { begin: null, end: () => {} };
  let progress = 0;
  let timer: number | null = null;
  const tell = (message: string) =>
    void ctx.mcpReq
      .notify({ method: "notifications/progress", params: { progressToken, progress: ++progress, message } })
      .catch(() => clearInterval(timer));
  return {
    begin(message) {
      clearInterval(timer);
      tell(message);
      timer = setInterval(tell, PROGRESS_MS, message);
    },
    end: () => clearInterval(timer),
  };
}

/** Every answer passes here, so that what the protocol itself refuses is counted as well. */
class CountingServer extends McpServer {
  /** Counts one refusal; resolves in any case, since a refusal is one also where it cannot be counted. Null where nothing is counted. */
  count: (() => Promise<void>) | null = null;
  /** Whether to count before answering. Answers of the older versions are streams, and nothing goes on when one ends. */
  countsFirst = false;
  /** Whether one answer ends the connection. */
  answersOne = false;

  override async connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      // What is answered need not hear that its connection closes: to abort it then would take a quarter of what the protocol takes.
      if (this.answersOne && !("method" in message)) delete transport.onclose;
      const isRefusal = "error" in message && message.error.code !== INTERNAL_ERROR;
      const counted = isRefusal ? this.count?.() : undefined;
      if (this.countsFirst) await counted;
      // Otherwise at once: what is refused before anything waits has an HTTP status of its own.
      await send(message, options);
    };
    await super.connect(transport);
  }
}

/** What is refused of one request before any tool looks at it, and what is counted of it. */
export interface Within {
  limit: CallerLimit | null;
  /** Refuses whichever tool is called, because there were too many calls; null if there were not. */
  over: Failure | null;
  /** The same, because of its arguments. */
  badArguments: Failure | null;
  /** In which forms the caller takes the answer. */
  accepted: AcceptedForms;
  /** What is to be answered: one message, or a list of them. */
  message: unknown;
  /** What is being counted, and has to be before the answer is given. */
  counts: Promise<void>[];
}

/** A server for one request. It takes microseconds to make, shares nothing with any other, and its caller is the only one it knows. */
export function serverFor(
  caller: Caller,
  tools: readonly ServedTool[],
  { limit, over, badArguments, accepted, counts, message }: Within,
  era: McpRequestContext["era"],
): McpServer {
  // The extension is not defined for the versions before.
  const hasTasks = era === "modern";
  const mcp = new CountingServer(
    { name: "countersign", title: "Countersign", version },
    {
      capabilities: { tools: { listChanged: false }, ...(hasTasks && { extensions: TASKS_CAPABILITY }) },
      instructions: INSTRUCTIONS,
      ...(hasTasks && { supportedProtocolVersions: [...SERVED_VERSIONS] }),
    },
  );
  mcp.countsFirst = era === "legacy";
  mcp.answersOne = !Array.isArray(message);
  if (limit !== null && over === null) {
    mcp.count = () => {
      const counted = limit.countRefusal().then(
        () => undefined,
        () => undefined,
      );
      counts.push(counted);
      return counted;
    };
  }
  if (hasTasks && isAboutTask(message)) serveTasks(mcp, taskSourcesOf(tools), caller);
  // Not registerTool: it would check the arguments itself, and answer bad ones without our codes.
  mcp.server.setRequestHandler("tools/list", () => ({ tools: tools.map((tool) => tool.listed()) }));
  mcp.server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    if (over !== null) {
      logLine("tool", { agent: caller.agent.id, code: over.code, reason: over.reason });
      return refusal(over);
    }
    const tool = tools.find((one) => one.name === params.name);
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}`);
    const beganMs = Date.now();
    const log = (fields: LogFields) => logLine("tool", { tool: tool.name, agent: caller.agent.id, ms: Date.now() - beganMs, ...fields });
    const refuseWith = (failure: Failure, error?: string) => {
      log({ code: failure.code, reason: failure.reason, error });
      return refusal(failure);
    };
    const refuseCounted = async (failure: Failure) =>
      refuseWith(failure.code === "unavailable" ? failure : ((await limit?.countRefusal()) ?? failure));
    /** What has begun before it was known whether the agent is admitted is refused for that first, which counts for nothing. */
    const refuseAdmitted = async (called: ServedTool, failure: Failure) => {
      const notAdmitted = called.startsAtOnce ? await caller.agent.admitted() : null;
      return notAdmitted === null ? refuseCounted(failure) : refuseWith(notAdmitted);
    };
    if (badArguments !== null) return refuseCounted(badArguments);
    const progress = progressOf(ctx, accepted);
    const taskSource = hasTasks && takesTasks(ctx) ? tool.taskSource : null;
    try {
      const call = { ...caller, waitingFor: progress.begin, gone: ctx.mcpReq.signal, asTask: taskSource !== null };
      const called = await tool.call(params.arguments ?? {}, call);
      if (!called.ok) return await refuseAdmitted(tool, called.refusal);
      const facts = await caller.agent.stands();
      if (facts === null) return refuseWith(KEY_REVOKED);
      if (facts.isStopped && tool.whileStopped !== true) return refuseWith(AGENT_STOPPED);
      const { result, taskId } = called.value;
      log(called.value.log);
      return taskSource !== null && taskId !== null ? await answerWithTask(taskId, taskSource, caller) : result;
    } catch (error) {
      return refuseWith(UNAVAILABLE, errorText(error));
    } finally {
      progress.end();
    }
  });
  return mcp;
}
