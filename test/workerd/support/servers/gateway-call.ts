/** A call of a server's tool through the gate, as a client of the current protocol makes it. */
import { call } from "../people.ts";

const VERSION = "2026-07-28";
const META = {
  "io.modelcontextprotocol/protocolVersion": VERSION,
  "io.modelcontextprotocol/clientInfo": { name: "a client", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The text of what came back. */
export async function callTool(key: string, server: string, tool: string, args: object = {}, meta: object = {}): Promise<string> {
  const headers = {
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": VERSION,
    "mcp-method": "tools/call",
    "mcp-name": tool,
  };
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: args, _meta: { ...META, ...meta } } };
  return (await call("POST", `/mcp/${server}`, { key, origin: null, headers, body })).text();
}
