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
import { logLine } from "#config/log-line.ts";
import type { AcceptedForms } from "./accepted-forms.ts";
import { answerOfTool, type Within } from "./tool-call.ts";
import { SERVED_VERSIONS } from "./served-versions.ts";
import { SERVER_INFO } from "./server-info.ts";
import { isAboutTask, serveTasks, takesTasks, TASKS_CAPABILITY } from "./tasks.ts";
import { refusal } from "./tool-answer.ts";
import { type Call, type Caller, type ServedTool, taskSourcesOf } from "./tool.ts";

const PROGRESS_MS = 10_000;

const INSTRUCTIONS =
  "Countersign asks a person before you do something dangerous. Before an action that deploys, deletes, pays or publishes, call request_human_approval " +
  "with everything the action will use. Only status 'approved' allows it, once, with exactly that payload. Any other status, or none, means no.";

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

/** A server for one request. It takes microseconds to make, shares nothing with any other, and its caller is the only one it knows. */
export function serverFor(caller: Caller, tools: readonly ServedTool[], within: Within, era: McpRequestContext["era"]): McpServer {
  const { limit, over, counts, message } = within;
  // The extension is not defined for the versions before.
  const hasTasks = era === "modern";
  const mcp = new CountingServer(SERVER_INFO, {
    capabilities: { tools: { listChanged: false }, ...(hasTasks && { extensions: TASKS_CAPABILITY }) },
    instructions: INSTRUCTIONS,
    ...(hasTasks && { supportedProtocolVersions: [...SERVED_VERSIONS] }),
  });
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
    const progress = progressOf(ctx, within.accepted);
    const call = { args: params.arguments, waitingFor: progress.begin, gone: ctx.mcpReq.signal, takesTasks: hasTasks && takesTasks(ctx) };
    try {
      return await answerOfTool(tool, call, caller, within);
    } finally {
      progress.end();
    }
  });
  return mcp;
}
