/** Servers as `/api/v1` answers and the page shows them (api/servers/server-data.ts). */
import type { ServerItem, WaitingServer } from "#api/servers/server-data.ts";
import { draftedTools, toolsOfStatement } from "#gate/servers/accept-tools.ts";
import type { ServerDraft } from "#gate/servers/server-drafts.ts";
import { serverOfStatement } from "#gate/servers/sign-server.ts";
import { type KeptSignatures, readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import type { KnownGrant } from "#gate/servers/connections/connections.ts";
import { knownGrants } from "#storage/servers/server-grants.ts";
import { connectionsOf } from "./connection-items.ts";
import { allServerDrafts } from "#storage/servers/server-drafts.ts";
import { type ListedServer, listServers } from "#storage/servers/servers.ts";

export const shownServer = ({ server, health }: ListedServer, origin: string, grants: readonly KnownGrant[]): ServerItem => ({
  ...server.settings,
  endpoint: `${origin}/mcp/${server.name}`,
  has_credential: server.credential !== null,
  connections: connectionsOf(server.settings, grants),
  drifted: server.drifted,
  unaccepted: server.unaccepted,
  health:
    health === null
      ? null
      : {
          listed_at: health.listedAt,
          era: health.era,
          protocol_version: health.protocolVersion,
          server_info: health.serverInfo,
          last_success_at: health.lastSuccessAt,
          last_error: health.lastError,
          last_error_at: health.lastErrorAt,
          latency_ms: health.latencyMs,
        },
  number: server.number,
  acceptances: server.acceptances,
  created_at: server.createdAt,
  leaf_index: server.leafIndex,
});

type Operation = ReturnType<KeptSignatures["operations"]>[number];

function waitingOf({ first, progress }: Operation, draft: ServerDraft | undefined): WaitingServer | null {
  if (draft === undefined) return null;
  const { statement } = first.authorisation;
  const ofServer = serverOfStatement(statement);
  const ofTools = toolsOfStatement(statement);
  if (ofServer !== null && draft.settings !== null) {
    const { id, name } = ofServer.server;
    const settings = JSON.parse(draft.settings) as ServerSettings;
    return { ...progress, change: ofServer.kind, id, name, settings, tools: null, expires_at: first.expiresAt };
  }
  const tools = draftedTools(draft.tools);
  if (ofTools === null || tools === null) return null;
  return { ...progress, change: "tools.accepted", ...ofTools.server, settings: null, tools, expires_at: first.expiresAt };
}

/** Every server that stands, the oldest first, and what lacks a signature. */
export async function serversAsTheyAre(
  d1: D1Database,
  { adminsRequired, origin }: { adminsRequired: number; origin: string },
  nowMs: number,
): Promise<{ items: ServerItem[]; waiting: WaitingServer[] }> {
  const [stored, kept, drafts, grants] = await Promise.all([
    listServers(d1),
    readKeptSignatures(d1, adminsRequired, nowMs),
    allServerDrafts(d1),
    knownGrants(d1, null, nowMs),
  ]);
  const draftUnder = new Map(drafts.map((draft) => [draft.operationHash, draft]));
  const waiting = kept.operations().flatMap((operation) => {
    const found = waitingOf(operation, draftUnder.get(operation.progress.operation));
    return found === null ? [] : [found];
  });
  return { items: stored.map((one) => shownServer(one, origin, grants)), waiting };
}
