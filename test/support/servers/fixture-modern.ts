/** The fixture of 2026-07-28: no sessions, each request says what it needs. */
import { randomBytes } from "node:crypto";
import {
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  MissingRequiredClientCapabilityError,
  type McpHttpHandler,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  McpServer,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { FixtureCall, Members } from "./fixture-call.ts";
import { COMPLETION, promptList, PROMPTS, readResource, resourceList, templateList } from "./fixture-texts.ts";
import { TOOLS } from "./fixture-tools.ts";

export const toolList = Object.entries(TOOLS).map(([name, { description, inputSchema }]) => ({
  name,
  description,
  inputSchema: { type: "object" as const, ...inputSchema },
}));

const noSuch = (what: string) => new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no ${what}.`);

const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const LOG_LEVEL = "io.modelcontextprotocol/logLevel";

export function modernFixture(): McpHttpHandler {
  const states = createRequestStateCodec<Members>({ key: randomBytes(32) });
  const callOf = (args: Members, { mcpReq }: ServerContext): FixtureCall => {
    const envelope = mcpReq.envelope as Members | undefined;
    return {
      args,
      progressToken: mcpReq._meta?.progressToken,
      capabilities: envelope?.[CAPABILITIES] as Members | undefined,
      logs: envelope?.[LOG_LEVEL] !== undefined,
      responses: mcpReq.inputResponses,
      state: mcpReq.requestState(),
      tell: (method, params) => mcpReq.notify({ method, params }),
      ask: null,
      closeStream() {},
      changed: (list) => (list === "tools" ? handler.notify.toolsChanged() : handler.notify.promptsChanged()),
      logAside: () => Promise.resolve(),
      needs(capability) {
        throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { [capability]: {} } });
      },
      seal: (state) => states.mint(state),
    };
  };
  const make = (): McpServer => {
    const whole = new McpServer(
      { name: "fixture", version: "1.0.0" },
      {
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { subscribe: true, listChanged: true },
          completions: {},
        },
        requestState: { verify: (state, ctx) => states.verify(state, ctx) },
      },
    );
    // The SDK compares headers with the arguments of tools that it was told of.
    const { test_custom_headers: routed } = TOOLS;
    whole.registerTool("test_custom_headers", { inputSchema: fromJsonSchema({ type: "object", ...routed?.inputSchema }) }, () => ({
      content: [],
    }));
    const { server } = whole;
    server.setRequestHandler("tools/list", () => ({ tools: toolList }));
    server.setRequestHandler("tools/call", async ({ params }, ctx) => {
      const tool = TOOLS[params.name];
      if (tool === undefined) throw noSuch(`tool ${params.name}`);
      return (await tool.call(callOf(params.arguments ?? {}, ctx))) as { content: [] };
    });
    server.setRequestHandler("prompts/list", () => ({ prompts: promptList }));
    server.setRequestHandler("prompts/get", ({ params }, { mcpReq }) => {
      const prompt = PROMPTS[params.name];
      if (prompt === undefined) throw noSuch(`prompt ${params.name}`);
      return prompt.get(params.arguments ?? {}, mcpReq.inputResponses) as { messages: [] };
    });
    server.setRequestHandler("resources/list", () => ({ resources: resourceList }));
    server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates: templateList }));
    server.setRequestHandler("resources/read", ({ params }) => {
      const found = readResource(params.uri);
      if (found === null) throw new ResourceNotFoundError(params.uri);
      return found as { contents: [] };
    });
    server.setRequestHandler("completion/complete", () => COMPLETION);
    return whole;
  };
  const handler = createMcpHandler(make, { legacy: "reject" });
  return handler;
}
