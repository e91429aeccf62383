/**
 * What a server lists now, whoever has listed it, is held against what was accepted of it: a tool that is listed otherwise, or not at all,
 * is refused from then on until somebody signs for it. Nothing that a server lists makes anything callable.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { Result } from "#countersign/result.ts";
import { driftOf, type SeenItem, seenItems, type ServerEra, type ServerListing, unacceptedOf } from "#rules/calls/server-listing.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import type { ListingFailure, McpClient } from "./mcp-client.ts";

/** A listing as it is stored. `number`: how often the server was signed for when it was listed; of another one nothing is stored. */
export interface NotedListing {
  serverId: string;
  number: number;
  items: readonly SeenItem[];
  /** Whether instructions and prompts were looked at as well, or tools alone. */
  looked: "all" | "tools";
  /** Null where it is not said: what is known stays. */
  era: ServerEra | null;
  protocolVersion: string | null;
  serverInfo: JsonObject | null;
  latencyMs: number | null;
}

export interface ListingPorts {
  /** Stores it, and what has drifted by it, in one write, which raises the epoch if anything has. */
  storeListing(noted: NotedListing): Promise<void>;
  /** `code`: what went wrong. The server keeps what it was last seen to list. */
  storeFailure(serverId: string, number: number, code: string): Promise<void>;
}

const isOfTools = (name: string): boolean => !name.startsWith("(");

/**
 * Notes the tools, over all pages, that came back to an agent's `tools/list` at the gateway's endpoint. Gives the names that may not be called from now on, beside those that drifted before:
 * the caller leaves them out at once. Writes only if it tells something that is not known.
 */
export async function noteTools(
  server: ServerInForce,
  { tools, unreadable }: { tools: readonly JsonObject[]; unreadable: ServerListing["unreadable"]["tools"] },
  ports: ListingPorts,
): Promise<string[]> {
  const items = seenItems({ instructions: null, tools: [...tools], prompts: [], unreadable: { tools: unreadable, prompts: [] } });
  const drifted = driftOf(server.accepted, items, isOfTools);
  const isKnown =
    drifted.every((name) => server.drifted.includes(name)) &&
    unacceptedOf(server.accepted, items).every((name) => server.unaccepted.includes(name));
  if (!isKnown) {
    const { settings, number } = server;
    const noted = { serverId: settings.id, number, items, looked: "tools", era: null, protocolVersion: null } as const;
    await ports.storeListing({ ...noted, serverInfo: null, latencyMs: null });
  }
  return drifted;
}

/** A failure as it is kept and told: never what the server wrote. */
export const failureCode = ({ reason, status }: ListingFailure): string =>
  status === null ? reason.replaceAll("-", "_") : `${reason.replaceAll("-", "_")}_${status}`;

export interface RefreshPorts extends ListingPorts {
  client: Pick<McpClient, "list">;
  now(): number;
}

/** Lists a server and notes what it has, or why it could not be listed. */
export async function refreshServer(server: ServerInForce, ports: RefreshPorts): Promise<Result<ServerListing, ListingFailure>> {
  const startedMs = ports.now();
  const listed = await ports.client.list(server);
  const { settings, number } = server;
  if (!listed.ok) {
    await ports.storeFailure(settings.id, number, failureCode(listed.refusal));
    return listed;
  }
  const { era, protocolVersion, serverInfo } = listed.value;
  const items = seenItems(listed.value);
  const latencyMs = ports.now() - startedMs;
  await ports.storeListing({ serverId: settings.id, number, items, looked: "all", era, protocolVersion, serverInfo, latencyMs });
  return listed;
}
