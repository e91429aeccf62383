/** The ports of MCP servers behind the gate, made of this Worker's bindings; and the round in which all of them are listed. */
import { timestamp } from "#countersign/documents/words.ts";
import type { Bindings } from "#config/bindings.ts";
import { type Config, readConfig } from "#config/config.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { upstreamServerOf } from "#config/object-places.ts";
import { failureCode, type ListingPorts, refreshServer, type RefreshPorts } from "#gate/servers/note-listing.ts";
import type { ServerPorts } from "#http/ports.ts";
import { standingConnectors } from "#storage/connectors/connectors.ts";
import { serversNow } from "#storage/servers/in-force.ts";
import { isPerOwner } from "#rules/calls/connections/server-grants.ts";
import { storeFailure, storeListing } from "#storage/servers/listings.ts";
import { keepWithServerDraft, serverDraftOf, storeServerDraft } from "#storage/servers/server-drafts.ts";
import { forgetCredential, knownTools, serverById, serverNamed, standingServers } from "#storage/servers/servers.ts";
import { mcpClient } from "#upstreams/mcp-client.ts";
import { upstreamFor } from "#upstreams/upstream.ts";
import { vaultOf } from "#vault/vault.ts";
import { peoplePorts } from "./people-ports.ts";

export const listingPorts = ({ DB }: Bindings): ListingPorts => ({
  storeListing: (noted) => storeListing(DB, noted, Date.now()),
  storeFailure: (serverId, number, code) => storeFailure(DB, serverId, number, code, Date.now()),
});

const refreshPorts = (env: Bindings, config: Config): RefreshPorts => ({
  ...listingPorts(env),
  client: mcpClient(upstreamFor(env, config, vaultOf(config), () => null)),
  now: Date.now,
});

export async function serverPorts(env: Bindings, config: Config): Promise<ServerPorts> {
  const { DB } = env;
  return {
    ...(await peoplePorts(env, config)),
    ...refreshPorts(env, config),
    vault: vaultOf(config),
    addressRules: { ownHost: new URL(config.origin).host, allowsLoopback: config.outbound.allowsLoopback },
    standingConnectors: () => standingConnectors(DB),
    standingServers: () => standingServers(DB),
    serverById: (id) => serverById(DB, id),
    serverNamed: (name) => serverNamed(DB, name),
    knownTools: (id) => knownTools(DB, id),
    storeDraft: (draft) => storeServerDraft(DB, draft, Date.now()),
    draftOf: (hash) => serverDraftOf(DB, hash),
    keepWithServerDraft: (kept, spends, draft) => keepWithServerDraft(DB, kept, spends, draft, timestamp(Date.now())),
    forgetCredential: (id) => forgetCredential(DB, id),
    clientOf: (personId) => mcpClient(upstreamFor(env, config, vaultOf(config), () => personId)),
    tendGrants: (serverId) =>
      upstreamServerOf(env, serverId)
        .tendGrants()
        .catch((error: unknown) => logLine("unwell", { part: "server-grants", error: errorText(error) })),
    serversInForce: async () => (await serversNow(DB)).servers,
  };
}

/** Lists every server, one after the other, and notes what it has or why it is away. Never throws. */
export async function listAllServers(env: Bindings): Promise<void> {
  try {
    const ports = refreshPorts(env, readConfig(env));
    const { servers } = await serversNow(env.DB);
    for (const server of servers) {
      // Only as somebody, and the gate is nobody: their agents' lists are looked at as they come.
      if (isPerOwner(server.settings)) continue;
      const listed = await refreshServer(server, ports);
      if (listed.ok) continue;
      const { refusal } = listed;
      logLine("server-not-listed", { server: server.settings.id, code: failureCode(refusal), reason: refusal.hop });
    }
  } catch (error) {
    logLine("servers-round-failed", { error: errorText(error) });
  }
}
