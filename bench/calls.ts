/** Calls as agents and pages make them, over sockets that stay open, with as little work on this side as can be. */
import { Agent, request } from "node:http";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** The runtime closes what is idle for 15 s, perhaps while a request is on its way: what is nearly that old is not used again. */
const IDLE_MS = 10_000;

/** Sockets for any number of calls at once, used again when they are free. */
export const sockets = (): Agent => new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity, timeout: IDLE_MS });

/** Sends a request, whose body is JSON. */
export function send(agent: Agent, method: "GET" | "POST", url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    const { hostname, port, pathname, search, host } = new URL(url);
    const address = { host: hostname === "localhost" ? "127.0.0.1" : hostname, port, path: pathname + search };
    const call = request({ agent, method, ...address, headers: { host, ...length, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.once("error", reject);
    });
    call.once("error", reject);
    call.end(body);
  });
}

/** The current protocol, and the newest that began with `initialize`. */
export type Era = "2026-07-28" | "2025-11-25";

const META = "io.modelcontextprotocol";

/** A `tools/call` ready to be sent. With a progress token the answer is a stream. */
export function toolCall(era: Era, name: string, args: object, progressToken?: string) {
  const modern = era === "2026-07-28";
  const meta = {
    ...(modern && {
      [`${META}/protocolVersion`]: era,
      [`${META}/clientCapabilities`]: {},
      [`${META}/clientInfo`]: { name: "bench", version: "1" },
    }),
    ...(progressToken !== undefined && { progressToken }),
  };
  return {
    headers: {
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": era,
      ...(modern && { "mcp-method": "tools/call", "mcp-name": name }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { _meta: meta, name, arguments: args } }),
  };
}

/** What the benches look at of an approval. */
export interface View {
  request_id: string;
  status: string;
  approval_url: string;
}

/** What a tool answered, whether as JSON or at the end of a stream. */
export function toolResult({ status, headers, text }: Answer): View {
  const isStream = headers["content-type"]?.includes("text/event-stream") === true;
  const last = isStream ? text.slice(text.lastIndexOf("data: ") + 6) : text;
  const message = JSON.parse(last) as { result?: { structuredContent: View; isError?: boolean } };
  if (message.result === undefined || message.result.isError === true) throw new Error(`no result: ${status} ${text.slice(0, 500)}`);
  return message.result.structuredContent;
}
