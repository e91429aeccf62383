/** The fixture of 2025-11-25 and before: a session for each client, with its stream, its log level and what it has seen. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { type EventStore, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import type { FixtureCall, Members } from "./fixture-call.ts";
import { COMPLETION, promptList, PROMPTS, readResource, resourceList, templateList } from "./fixture-texts.ts";
import { TOOLS } from "./fixture-tools.ts";
import { toolList } from "./fixture-modern.ts";

/** What was sent, so that a client that lost a stream gets the rest. */
class Events implements EventStore {
  readonly #sent: { stream: string; message: JSONRPCMessage }[] = [];

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    this.#sent.push({ stream, message });
    return Promise.resolve(String(this.#sent.length));
  }

  getStreamIdForEventId(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#sent[Number(id) - 1]?.stream);
  }

  async replayEventsAfter(id: string, { send }: { send: (id: string, message: JSONRPCMessage) => Promise<void> }): Promise<string> {
    const stream = this.#sent[Number(id) - 1]?.stream ?? "";
    for (const [at, sent] of this.#sent.entries())
      if (at >= Number(id) && sent.stream === stream && "jsonrpc" in sent.message) await send(String(at + 1), sent.message);
    return stream;
  }
}

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const callOf = (args: Members, extra: Extra, whole: McpServer): FixtureCall => ({
  args,
  progressToken: extra._meta?.progressToken,
  capabilities: undefined,
  logs: true,
  responses: undefined,
  state: undefined,
  tell: (method, params) => extra.sendNotification({ method, params } as ServerNotification),
  ask: (method, params) => extra.sendRequest({ method, params } as ServerRequest, ResultSchema),
  closeStream: () => extra.closeSSEStream?.(),
  changed: (list) => (list === "tools" ? whole.sendToolListChanged() : whole.sendPromptListChanged()),
  logAside: (data) => whole.sendLoggingMessage({ level: "info", data }),
  needs(capability) {
    throw new McpError(ErrorCode.InvalidRequest, `needs ${capability}`);
  },
  seal: () => Promise.reject(new McpError(ErrorCode.InvalidRequest, "has no state")),
});

const noSuch = (what: string) => new McpError(ErrorCode.InvalidParams, `There is no ${what}.`);

function legacyServer(): McpServer {
  const whole = new McpServer(
    { name: "fixture", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  const { server } = whole;
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: toolList }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = TOOLS[params.name];
    if (tool === undefined) throw noSuch(`tool ${params.name}`);
    return tool.call(callOf(params.arguments ?? {}, extra, whole));
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: promptList }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = PROMPTS[params.name];
    if (prompt === undefined) throw noSuch(`prompt ${params.name}`);
    return prompt.get(params.arguments ?? {}, undefined);
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: resourceList }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: templateList }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => {
    const found = readResource(params.uri);
    if (found === null) throw noSuch(`resource ${params.uri}`);
    return found;
  });
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(CompleteRequestSchema, () => COMPLETION);
  return whole;
}

export class LegacyFixture {
  readonly #sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get("mcp-session-id");
    const known = id === null ? undefined : this.#sessions.get(id);
    if (id !== null && known === undefined)
      return Response.json({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }, { status: 404 });
    return (known ?? (await this.#open())).handleRequest(request);
  }

  async #open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: this.#newId,
      eventStore: new Events(),
      retryInterval: 500,
      onsessioninitialized: (id) => void this.#sessions.set(id, transport),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    await legacyServer().connect(transport);
    return transport;
  }
}
