/**
 * The MCP endpoint: streamable HTTP, stateless, protocol 2026-07-28 and the 2025 versions at one address. Who calls has
 * been established before; every refusal of a tool is a tool error with a code, so that an agent can read it.
 */
import {
  type CallToolResult,
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { jsonFailure } from "../api/check-input.ts";
import { parseJson } from "../core/canonical-json.ts";
import type { Agent, AgentApprovalPorts } from "../gate/agent-approvals.ts";
import type { AgentView } from "../gate/agent-view.ts";
import type { Failure } from "../gate/failure.ts";
import { logLine } from "../log-line.ts";
import { listTools, TOOLS } from "./tools.ts";

const PROGRESS_MS = 10_000;
const ARGUMENTS = "$.params.arguments";

const INSTRUCTIONS =
  "Countersign asks a person before you do something dangerous. Before an action that deploys, deletes, pays or publishes, call request_human_approval " +
  "with everything the action will use. Only status 'approved' allows it, once, with exactly that payload. Any other status, or none, means no.";

const answer = (content: object, isError = false): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(content) }],
  structuredContent: { ...content },
  ...(isError ? { isError } : {}),
});

function refusal(tool: string, agent: Agent, failure: Failure): CallToolResult {
  logLine("refused", { method: "tools/call", path: tool, agent: agent.id, code: failure.code, reason: failure.reason });
  const { code, message, errors, retryAfter } = failure;
  const error = { code, message, ...(errors && { errors }), ...(retryAfter && { retry_after: retryAfter }) };
  return answer({ error }, true);
}

/** Tells the caller at once where to decide, then every ten seconds that the wait goes on. */
function progressOf(ctx: ServerContext): { begin: ((view: AgentView) => void) | null; end(): void } {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { begin: null, end: () => {} };
  const startedMs = Date.now();
  let timer: number | null = null;
  const tell = (message: string) =>
    void ctx.mcpReq
      .notify({ method: "notifications/progress", params: { progressToken, progress: 1 + (Date.now() - startedMs) / 1000, message } })
      .catch(() => clearInterval(timer));
  return {
    begin(view) {
      if (view.status !== "pending") return;
      const message = `Waiting for a person to decide: ${view.approval_url}`;
      tell(message);
      timer = setInterval(tell, PROGRESS_MS, message);
    },
    end: () => clearInterval(timer),
  };
}

function serverFor(agent: Agent, ports: AgentApprovalPorts, badArguments: Failure | null): Server {
  const server = new Server(
    { name: "countersign", title: "Countersign", version: "0.1.0" },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: listTools() }));
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const tool = TOOLS.find((one) => one.name === params.name);
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool ${params.name}`);
    if (badArguments !== null) return refusal(tool.name, agent, badArguments);
    const progress = progressOf(ctx);
    try {
      const result = await tool.run(params.arguments ?? {}, { agent, ports, progress: progress.begin });
      return result.ok ? answer(result.value) : refusal(tool.name, agent, result.refusal);
    } catch (error) {
      logLine("failed", {
        method: "tools/call",
        path: tool.name,
        agent: agent.id,
        error: error instanceof Error ? error.message : String(error),
      });
      return refusal(tool.name, agent, {
        code: "unavailable",
        message: "This could not be done now. Nothing was lost: call again with the same arguments.",
      });
    } finally {
      progress.end();
    }
  });
  return server;
}

/**
 * Answers one MCP request of `agent`. `text` is the raw body of a POST, null otherwise: JSON is checked in it before any
 * parser that forgives sees it, since what a person signs must be what the agent wrote.
 */
export async function serveMcp(request: Request, text: string | null, agent: Agent, ports: AgentApprovalPorts): Promise<Response> {
  if (text === null) return createMcpHandler(() => serverFor(agent, ports, null)).fetch(request);
  const strict = parseJson(text);
  if (strict.ok) return createMcpHandler(() => serverFor(agent, ports, null)).fetch(request, { parsedBody: strict.value });
  const failure = jsonFailure(strict.refusal, ARGUMENTS);
  const insideArguments = strict.refusal.reason !== "malformed" && strict.refusal.place.startsWith(ARGUMENTS);
  if (!insideArguments)
    return Response.json(
      { jsonrpc: "2.0", id: null, error: { code: -32_700, message: failure.message, data: { code: failure.code } } },
      { status: 400 },
    );
  // The forgiving parser gives the envelope only; the arguments are refused whatever it made of them.
  return createMcpHandler(() => serverFor(agent, ports, failure)).fetch(request, { parsedBody: JSON.parse(text) });
}
