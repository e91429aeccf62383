/** The gate's own small MCP client: lists what a server has, and holds a session of its own. Types only; src/upstreams carries it out. */
import type { Result } from "#countersign/result.ts";
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { UpstreamFailure } from "#gate/calls/upstream.ts";
import type { ServerEra, ServerListing } from "#rules/calls/server-listing.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";

/** What the gate sends by itself. */
export type Hop = "server/discover" | "initialize" | "notifications/initialized" | "tools/list" | "prompts/list";

/** Which message failed, and why. `status`: the server answered with it; `error`: with this JSON-RPC error. */
export interface ListingFailure {
  hop: Hop;
  reason: UpstreamFailure["reason"] | "status" | "error" | "not-mcp" | "too-large" | "too-many";
  status: number | null;
}

/** A server as it introduced itself, and how it is spoken to from then on. */
export interface McpSession {
  era: ServerEra;
  protocolVersion: string;
  /** Of a legacy session; null where there is none. */
  sessionId: string | null;
  serverInfo: JsonObject | null;
  capabilities: JsonObject;
  instructions: string | null;
}

/** Never throws, and ends in bounded time and bytes. */
export interface McpClient {
  list(server: ServerInForce): Promise<Result<ServerListing, ListingFailure>>;
  openSession(server: ServerInForce): Promise<Result<McpSession, ListingFailure>>;
  /** Tells a legacy server that the session is over; nothing depends on it. */
  closeSession(server: ServerInForce, session: McpSession): Promise<void>;
}
