/** An MCP server that does with a call whatever a test wants, byte for byte, and tells what it was sent. Speaks both eras. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { PublishedServer } from "./published-servers.ts";

type Members = Record<string, unknown>;

/** A message as it came, or the method of a request without one. */
export interface Heard {
  method: string;
  id?: string | number;
  params?: Members;
  headers: IncomingMessage["headers"];
}

/** Answers a call: `outgoing` is untouched. */
export type Script = (call: Heard, outgoing: ServerResponse) => void;

export interface ScriptedServer extends PublishedServer {
  heard: Heard[];
}

const SESSION = "the-servers-own-session";

/** One JSON-RPC message, its result given as text. */
export function answer({ id }: Heard, outgoing: ServerResponse, result: string): void {
  outgoing.writeHead(200, { "content-type": "application/json" }).end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`);
}

/** `scripts`: by the names of the tools, and of methods besides. */
export async function startScripted(scripts: Readonly<Record<string, Script>>): Promise<ScriptedServer> {
  const tools = Object.keys(scripts).filter((name) => !name.includes("/"));
  const list = tools.map((name) => ({ name, description: "Does as it is told.", inputSchema: { type: "object" } }));
  const info = { serverInfo: { name: "scripted", version: "1.0.0" }, capabilities: { tools: {} } };
  const common: Record<string, Script> = {
    "server/discover": (call, outgoing) =>
      answer(
        call,
        outgoing,
        JSON.stringify({ resultType: "complete", ttlMs: 0, cacheScope: "private", supportedVersions: ["2026-07-28"], ...info }),
      ),
    initialize(call, outgoing) {
      outgoing.setHeader("mcp-session-id", SESSION);
      answer(call, outgoing, JSON.stringify({ protocolVersion: "2025-11-25", ...info }));
    },
    "tools/list": (call, outgoing) =>
      answer(call, outgoing, JSON.stringify({ resultType: "complete", ttlMs: 0, cacheScope: "private", tools: list })),
  };
  const heard: Heard[] = [];
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { headers, method = "GET" } = incoming;
    const message = method === "POST" ? (JSON.parse(await text(incoming)) as Omit<Heard, "headers">) : { method };
    const call = { ...message, headers };
    heard.push(call);
    const script =
      message.method === "tools/call" ? scripts[String(message.params?.["name"])] : (scripts[message.method] ?? common[message.method]);
    if (message.id !== undefined && script !== undefined) return script(call, outgoing);
    outgoing.writeHead(method === "GET" ? 405 : method === "DELETE" ? 200 : 202).end();
  };
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://localhost:${(server.address() as { port: number }).port}/mcp`,
    heard,
    stop() {
      server.close();
      server.closeAllConnections();
      return Promise.resolve();
    },
  };
}
