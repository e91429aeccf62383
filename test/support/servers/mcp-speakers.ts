/**
 * MCP servers of the tests' network, in Node: two of the official SDKs, one for each era; one that lists whatever a test has told it, byte
 * for byte; and an issuer of OAuth tokens.
 */
import { randomUUID } from "node:crypto";
import { McpServer as ModernServer, createMcpHandler } from "@modelcontextprotocol/server";
import { McpServer as LegacyServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import type { ReceivedRequest, ReceiverAnswer, Speaker, ToldServer } from "../channels/receiver-behaviour.ts";

const requestOf = ({ host, method, path, headers, body }: ReceivedRequest): Request =>
  new Request(`https://${host}${path}`, { method, headers, ...(method === "POST" ? { body } : {}) });

async function answerOf(response: Response): Promise<ReceiverAnswer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

const modern = createMcpHandler(() => {
  const server = new ModernServer({ name: "modern-fixture", version: "1.0.0" }, { instructions: "Count before you buy." });
  server.registerTool("get_stock", { description: "Says what is there.", annotations: { readOnlyHint: true } }, () =>
    Promise.resolve({ content: [{ type: "text" as const, text: "12" }] }),
  );
  server.registerTool("delete_item", { description: "Deletes an item.", annotations: { destructiveHint: true } }, () =>
    Promise.resolve({ content: [] }),
  );
  server.registerPrompt("restock", { description: "Asks what to buy." }, () => Promise.resolve({ messages: [] }));
  return server;
});

/** One transport for each session, as the SDK's examples have it. */
class LegacySpeaker {
  readonly #sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async speak(received: ReceivedRequest): Promise<ReceiverAnswer> {
    const id = received.headers["mcp-session-id"];
    const known = id === undefined ? undefined : this.#sessions.get(id);
    if (id !== undefined && known === undefined) return { status: 404, body: "no such session" };
    const transport = known ?? (await this.#open());
    return answerOf(await transport.handleRequest(requestOf(received)));
  }

  async #open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void this.#sessions.set(id, transport),
      onsessionclosed: (id) => void this.#sessions.delete(id),
    });
    const server = new LegacyServer({ name: "legacy-fixture", version: "1.0.0" });
    server.registerTool("list_tickets", { description: "Lists tickets." }, () => ({ content: [] }));
    await server.connect(transport);
    return transport;
  }
}

const json = (body: string, status = 200): ReceiverAnswer => ({ status, headers: { "content-type": "application/json" }, body });

interface Message {
  id?: number | string;
  method?: string;
  params?: { cursor?: string; uri?: string };
}

/** What it lists is put into the answer as the text that it is. */
function tell(message: Message, told: ToldServer): string | null {
  const { tools = [], pages, instructions, prompts = [] } = told;
  const said = instructions === undefined ? "" : `,"instructions":${JSON.stringify(instructions)}`;
  switch (message.method) {
    case "server/discover":
      return told.era === "legacy" ? null : `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"prompts":{}}${said}}`;
    case "initialize":
      return `{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{}},"serverInfo":{"name":"told","version":"1"}${said}}`;
    case "tools/list": {
      if (told.endless === true) return `{"tools":[],"nextCursor":"${randomUUID()}"}`;
      const page = Number(message.params?.cursor ?? 0);
      if (pages === undefined) return `{"tools":[${tools.join(",")}]}`;
      const next = page + 1 < pages.length ? `,"nextCursor":"${page + 1}"` : "";
      return `{"tools":[${(pages[page] ?? []).join(",")}]${next}}`;
    }
    case "tools/call":
      return told.result ?? `{"content":[{"type":"text","text":"Done."}]}`;
    case "resources/read":
      return `{"contents":[{"uri":${JSON.stringify(message.params?.uri)},"mimeType":"text/plain","text":"From alice@example.com."}]}`;
    case "prompts/get":
      return `{"messages":[{"role":"user","content":{"type":"text","text":"Write to alice@example.com."}}]}`;
    case "completion/complete":
      return `{"completion":{"values":["alice@example.com"]}}`;
    case "prompts/list":
      return `{"prompts":[${prompts.join(",")}]}`;
    default:
      return null;
  }
}

const told: Speaker = ({ method, headers, body }, orders) => {
  const order = (orders ?? {}) as ToldServer;
  if (order.redirect !== undefined) return { status: 307, headers: { location: order.redirect } };
  if (order.wants !== undefined && headers["authorization"] !== order.wants) return json(`{"error":"${order.wants}"}`, 401);
  if (method === "DELETE") return { status: 200 };
  const message = JSON.parse(body) as Message;
  if (message.id === undefined) return { status: 202 };
  const result = tell(message, order);
  if (result === null)
    return json(`{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"error":{"code":-32601,"message":"no such method"}}`, 400);
  const answer = `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${result}}`;
  if (order.hangs === true && message.method === "tools/call") return { ...json(answer), does: "hangs" };
  if (order.padding !== undefined) return { ...json(answer), padding: order.padding };
  return order.streams === true
    ? { headers: { "content-type": "text/event-stream" }, body: `: hello\n\nevent: message\ndata: ${answer}\n\n` }
    : json(answer);
};

let tokens = 0;
/** Takes client “gate” with the secret “s3cret of the gate”, by HTTP Basic. */
const issuer: Speaker = ({ headers, body }, orders) => {
  const { refuses = false, endpoint } = (orders ?? {}) as { refuses?: boolean; endpoint?: string };
  if (endpoint !== undefined) return { status: 307, headers: { location: endpoint } };
  const basic = Buffer.from((headers["authorization"] ?? "").replace(/^Basic /, ""), "base64").toString();
  const isClient = basic === "gate:s3cret+of+the+gate" && new URLSearchParams(body).get("grant_type") === "client_credentials";
  if (refuses || !isClient) return json('{"error":"invalid_client"}', 401);
  tokens += 1;
  return json(`{"access_token":"token-${tokens}","token_type":"Bearer","expires_in":3600}`);
};

/** By host. */
export function mcpSpeakers(): Readonly<Record<string, Speaker>> {
  const legacy = new LegacySpeaker();
  return {
    "modern.mcp.example.com": async (received) => answerOf(await modern.fetch(requestOf(received))),
    "legacy.mcp.example.com": (received) => legacy.speak(received),
    "told.mcp.example.com": told,
    "moved.mcp.example.com": told,
    "issuer.example.com": issuer,
  };
}
