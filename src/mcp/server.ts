/**
 * The MCP endpoint: streamable HTTP, stateless, protocol 2026-07-28 and the 2025 versions at one address. Who calls has
 * been established before; every refusal of a tool is a tool error with a code, so that an agent can read it.
 */
import {
  createMcpHandler,
  INTERNAL_ERROR,
  isLegacyRequest,
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  type Transport,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import * as z from "zod/mini";
import { version } from "../../package.json";
import { jsonFailure } from "#api/check-input.ts";
import { type JsonValue, parseJson } from "#countersign/json/canonical-json.ts";
import { isObject } from "#countersign/json/shape.ts";
import type { Failure } from "#rules/failure.ts";
import { errorText, type LogFields, logLine } from "#config/log-line.ts";
import { type AcceptedForms, EVERY_FORM } from "./accepted-forms.ts";
import { refusedVersion } from "./served-versions.ts";
import { answerWithTask, refusedSubscription, serveTasks, takesTasks, TASKS_CAPABILITY } from "./tasks.ts";
import { refusal } from "./tool-answer.ts";
import { type Call, type Caller, type CallerLimit, type ServedTool, taskSourcesOf } from "./tool.ts";

const PROGRESS_MS = 10_000;

/** Where a tool's arguments are in the body; what is refused there is the tool's refusal, elsewhere it is the protocol's. */
const ARGUMENTS = "$.params.arguments";
const IN_ARGUMENTS = /^\$\.params\.arguments(?![A-Za-z0-9_])/;

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

  override async connect(transport: Transport): Promise<void> {
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
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
interface Within {
  limit: CallerLimit | null;
  /** Refuses whichever tool is called, because there were too many calls; null if there were not. */
  over: Failure | null;
  /** The same, because of its arguments. */
  badArguments: Failure | null;
  /** In which forms the caller takes the answer. */
  accepted: AcceptedForms;
  /** What is being counted, and has to be before the answer is given. */
  counts: Promise<void>[];
}

/** A server for one request. */
function serverFor(
  caller: Caller,
  tools: readonly ServedTool[],
  { limit, over, badArguments, accepted, counts }: Within,
  era: McpRequestContext["era"],
): McpServer {
  // The extension is not defined for the versions before.
  const hasTasks = era === "modern";
  const mcp = new CountingServer(
    { name: "countersign", title: "Countersign", version },
    { capabilities: { tools: { listChanged: false }, ...(hasTasks && { extensions: TASKS_CAPABILITY }) }, instructions: INSTRUCTIONS },
  );
  mcp.countsFirst = era === "legacy";
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
  if (hasTasks) serveTasks(mcp, taskSourcesOf(tools), caller);
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
    if (badArguments !== null) return refuseCounted(badArguments);
    const progress = progressOf(ctx, accepted);
    const taskSource = hasTasks && takesTasks(ctx) ? tool.taskSource : null;
    try {
      const call = { ...caller, waitingFor: progress.begin, gone: ctx.mcpReq.signal, asTask: taskSource !== null };
      const called = await tool.call(params.arguments ?? {}, call);
      if (!called.ok) return await refuseCounted(called.refusal);
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
  if (strict.ok) return { toServe: envelopeAsMeant(strict.value), badArguments: null };
  const failure = jsonFailure(strict.refusal, ARGUMENTS);
  if (strict.refusal.reason === "malformed" || !IN_ARGUMENTS.test(strict.refusal.place)) return { refused: failure };
  try {
    // The forgiving parser gives the envelope only; the arguments are refused whatever it made of them.
    return { toServe: JSON.parse(text), badArguments: failure };
  } catch {
    return { refused: failure };
  }
}

/** Null where the protocol has an optional member stands for none, as clients of languages without "undefined" send it. */
function envelopeAsMeant(message: JsonValue): JsonValue {
  if (Array.isArray(message)) return message.map(envelopeAsMeant);
  if (!isObject(message)) return message;
  const { params, ...rest } = message;
  if (params === undefined || params === null) return rest;
  if (!isObject(params)) return message;
  const given = Object.entries(params).filter(([name, value]) => value !== null || !OPTIONAL_PARAMS.has(name));
  return { ...rest, params: Object.fromEntries(given) };
}
const OPTIONAL_PARAMS = new Set(["arguments", "_meta", "cursor"]);

/** The rule that a message broke. After the colon the SDK repeats what the caller wrote, which no log line may. */
const withoutDetails = (error: Error): string => /^[^:"']*/.exec(errorText(error))?.[0] ?? error.name;

const refusedMessage = (id: unknown, { code, message, data }: Pick<ProtocolError, "code" | "message" | "data">): Response =>
  Response.json({ jsonrpc: "2.0", id, error: { code, message, data } }, { status: 400 });

const parseError = ({ code, message }: Failure): Response =>
  refusedMessage(null, { code: ProtocolErrorCode.ParseError, message, data: { code } });

const withId = z.looseObject({ id: z.union([z.string(), z.number()]) });
const idOf = (message: unknown): string | number | null => withId.safeParse(message).data?.id ?? null;

/** Messages that came with the first one: the versions until 2025-03-26 send lists of them. */
const furtherMessages = (message: unknown): number => (Array.isArray(message) ? Math.max(0, message.length - 1) : 0);

/** A call that reaches its tool; what the protocol itself refuses does not. */
const toolCall = z.looseObject({
  method: z.literal("tools/call"),
  params: z.looseObject({ name: z.string(), arguments: z.optional(z.looseObject({})) }),
});

const asksForProgress = z.looseObject({
  params: z.looseObject({ _meta: z.looseObject({ progressToken: z.union([z.string(), z.number()]) }) }),
});

/** Whether the answer is best one JSON document: the only form that is taken, or the better one while there is nothing to tell before. */
const suitsJson = ({ json, stream, prefersStream }: AcceptedForms, message: unknown): boolean =>
  json && !(stream && (prefersStream || [message].flat().some((one) => asksForProgress.safeParse(one).success)));

/** What the SDK sees of a request: with what `Accept` says already understood. It serves clients of the versions before that name both only. */
function asUnderstood({ url, method, headers, signal }: Request): Request {
  const understood = new Headers(headers);
  understood.set("accept", "application/json, text/event-stream");
  return new Request(url, { method, headers: understood, signal });
}

/** Answers a client of the versions before 2026-07-28 with one JSON document. Left to itself, the SDK gives them streams. */
async function serveInJson(mcp: McpServer, request: Request, parsedBody: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await mcp.connect(transport);
  request.signal.addEventListener("abort", () => void mcp.close(), { once: true });
  try {
    return await transport.handleRequest(request, { parsedBody });
  } finally {
    await mcp.close();
  }
}

/** Null if all messages of a list are served, each counted as a call. */
async function overWith(messages: number, limit: CallerLimit | null): Promise<Failure | null> {
  if (limit === null || limit.over !== null) return limit?.over ?? null;
  for (let more = 0; more < messages; more++) {
    const over = await limit.admit();
    if (over !== null) return over;
  }
  return null;
}

/**
 * Answers one MCP request with these tools, no two of one name. `text` is the raw body of a POST, null otherwise. Who calls too often
 * gets a tool error, or for what is no call of a tool what `limit` answers; null limits nothing. Everything the SDK needs is made anew,
 * which takes microseconds, because a Worker may not use what belongs to one request in another.
 */
export async function serveMcp(
  request: Request,
  text: string | null,
  caller: Caller,
  tools: readonly ServedTool[],
  limit: CallerLimit | null = null,
  accepted: AcceptedForms = EVERY_FORM,
): Promise<Response> {
  const body: Body = text === null ? { toServe: undefined, badArguments: null } : readBody(text);
  const over = await overWith("refused" in body ? 0 : furtherMessages(body.toServe), limit);
  if (limit !== null && over !== null && ("refused" in body || !toolCall.safeParse(body.toServe).success)) return limit.refuse(over);
  if ("refused" in body) return parseError(body.refused);
  const { toServe, badArguments } = body;
  const onerror = (error: Error) => logLine("mcp-refused", { agent: caller.agent.id, reason: withoutDetails(error) });
  const unserved = text === null ? null : refusedVersion(request.headers.get("mcp-protocol-version"), toServe);
  if (unserved !== null) {
    onerror(unserved);
    return refusedMessage(idOf(toServe), unserved);
  }
  const refused = refusedSubscription(toServe);
  if (refused !== null) return refused;
  const within: Within = { limit, over, badArguments, accepted, counts: [] };
  const understood = asUnderstood(request);
  const inJson = text !== null && suitsJson(accepted, toServe) && (await isLegacyRequest(understood, toServe));
  const handler = createMcpHandler(({ era }) => serverFor(caller, tools, within, era), {
    onerror,
    responseMode: accepted.json ? "auto" : "sse",
  });
  const response = inJson
    ? await serveInJson(serverFor(caller, tools, within, "legacy"), understood, toServe)
    : await handler.fetch(understood, { parsedBody: toServe });
  await Promise.all(within.counts);
  // Streams say only no-cache by themselves.
  response.headers.set("cache-control", "no-store, no-transform");
  return response;
}
