/**
 * The MCP endpoint: streamable HTTP, stateless, protocol 2026-07-28 and the 2025 versions at one address. Who calls has
 * been established before; every refusal of a tool is a tool error with a code, so that an agent can read it.
 */
import {
  createMcpHandler,
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { version } from "../../package.json";
import { jsonFailure } from "#api/check-input.ts";
import { parseJson } from "#countersign/json/canonical-json.ts";
import type { Failure } from "#rules/failure.ts";
import { errorText, type LogFields, logLine } from "#config/log-line.ts";
import { answerWithTask, refusedSubscription, serveTasks, takesTasks, TASKS_CAPABILITY } from "./tasks.ts";
import { refusal } from "./tool-answer.ts";
import { type Call, type Caller, type ServedTool, taskSourcesOf } from "./tool.ts";

const PROGRESS_MS = 10_000;

/** Where a tool's arguments are in the body; what is refused there is the tool's refusal, elsewhere it is the protocol's. */
const ARGUMENTS = "$.params.arguments";
const IN_ARGUMENTS = /^\$\.params\.arguments(?![A-Za-z0-9_])/;

const INSTRUCTIONS =
  "Countersign asks a person before you do something dangerous. Before an action that deploys, deletes, pays or publishes, call request_human_approval " +
  "with everything the action will use. Only status 'approved' allows it, once, with exactly that payload. Any other status, or none, means no.";

const UNAVAILABLE: Failure = {
  code: "unavailable",
  message: "This could not be done now, and is not approved. Call again with the same arguments and idempotency_key.",
};

/** Tells the caller at once what is waited for, then every ten seconds that the wait goes on. */
function progressOf(ctx: ServerContext): { begin: Call["waitingFor"]; end(): void } {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { begin: null, end: () => {} };
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

/** A server for one request. `badArguments` refuses whichever tool is called. */
function serverFor(caller: Caller, tools: readonly ServedTool[], badArguments: Failure | null, era: McpRequestContext["era"]): McpServer {
  // The extension is not defined for the versions before.
  const hasTasks = era === "modern";
  const mcp = new McpServer(
    { name: "countersign", title: "Countersign", version },
    { capabilities: { tools: { listChanged: false }, ...(hasTasks && { extensions: TASKS_CAPABILITY }) }, instructions: INSTRUCTIONS },
  );
  if (hasTasks) serveTasks(mcp, taskSourcesOf(tools), caller);
  // Not registerTool: it would check the arguments itself, and answer bad ones without our codes.
  mcp.server.setRequestHandler("tools/list", () => ({ tools: tools.map((tool) => tool.listed()) }));
  mcp.server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = tools.find((one) => one.name === params.name);
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}`);
    const beganMs = Date.now();
    const log = (fields: LogFields) => logLine("tool", { tool: tool.name, agent: caller.agent.id, ms: Date.now() - beganMs, ...fields });
    const refuseWith = (failure: Failure, error?: string) => {
      log({ code: failure.code, reason: failure.reason, error });
      return refusal(failure);
    };
    if (badArguments !== null) return refuseWith(badArguments);
    const progress = progressOf(ctx);
    const taskSource = hasTasks && takesTasks(ctx) ? tool.taskSource : null;
    try {
      const call = { ...caller, waitingFor: progress.begin, gone: ctx.mcpReq.signal, asTask: taskSource !== null };
      const called = await tool.call(params.arguments ?? {}, call);
      if (!called.ok) return refuseWith(called.refusal);
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

type Body = { toServe: unknown; badArguments: Failure | null } | { refused: Failure };

/** JSON is checked in the raw text before any parser that forgives sees it, since what a person signs must be what the agent wrote. */
function readBody(text: string): Body {
  const strict = parseJson(text);
  if (strict.ok) return { toServe: strict.value, badArguments: null };
  const failure = jsonFailure(strict.refusal, ARGUMENTS);
  if (strict.refusal.reason === "malformed" || !IN_ARGUMENTS.test(strict.refusal.place)) return { refused: failure };
  try {
    // The forgiving parser gives the envelope only; the arguments are refused whatever it made of them.
    return { toServe: JSON.parse(text), badArguments: failure };
  } catch {
    return { refused: failure };
  }
}

/** The rule that a message broke. After the colon the SDK repeats what the caller wrote, which no log line may. */
const withoutDetails = (error: Error): string => /^[^:"']*/.exec(errorText(error))?.[0] ?? error.name;

const parseError = ({ code, message }: Failure): Response =>
  Response.json({ jsonrpc: "2.0", id: null, error: { code: ProtocolErrorCode.ParseError, message, data: { code } } }, { status: 400 });

/**
 * Answers one MCP request with these tools, no two of one name. `text` is the raw body of a POST, null otherwise. Everything
 * the SDK needs is made anew, which takes microseconds, because a Worker may not use what belongs to one request in another.
 */
export async function serveMcp(request: Request, text: string | null, caller: Caller, tools: readonly ServedTool[]): Promise<Response> {
  const body: Body = text === null ? { toServe: undefined, badArguments: null } : readBody(text);
  if ("refused" in body) return parseError(body.refused);
  const refused = refusedSubscription(body.toServe);
  if (refused !== null) return refused;
  const onerror = (error: Error) => logLine("mcp-refused", { agent: caller.agent.id, reason: withoutDetails(error) });
  const handler = createMcpHandler(({ era }) => serverFor(caller, tools, body.badArguments, era), { onerror });
  const response = await handler.fetch(request, { parsedBody: body.toServe });
  // Streams say only no-cache by themselves.
  response.headers.set("cache-control", "no-store, no-transform");
  return response;
}
