/** What connecting servers to people's accounts needs, made of this Worker's bindings. */
import type { Bindings } from "#config/bindings.ts";
import type { Config } from "#config/config.ts";
import { upstreamServerOf } from "#config/object-places.ts";
import type { ServerConnectionPorts } from "#http/ports.ts";
import { outboundFor } from "#outbound/outbound.ts";
import { checkAddress } from "#rules/addresses/check-address.ts";
import { clientMetadataAddress, redirectAddress } from "#rules/calls/connections/server-grants.ts";
import { dropWaitingGrant, keepGrant, knownGrants } from "#storage/servers/server-grants.ts";
import { serverById, standingServers } from "#storage/servers/servers.ts";
import { discover } from "#upstreams/oauth/discovery.ts";
import { clientMetadata, registerClient } from "#upstreams/oauth/registration.ts";
import { vaultOf } from "#vault/vault.ts";
import { peoplePorts } from "../people-ports.ts";

export async function connectionPorts(env: Bindings, config: Config): Promise<ServerConnectionPorts> {
  const { DB } = env;
  const outbound = outboundFor(env, config);
  const rules = { ownHost: new URL(config.origin).host, allowsLoopback: config.outbound.allowsLoopback };
  return {
    ...(await peoplePorts(env, config)),
    vault: vaultOf(config),
    standingServers: () => standingServers(DB),
    serverById: (id) => serverById(DB, id),
    grantsOf: (serverId) => knownGrants(DB, serverId, Date.now()),
    keepGrant: (grant) => keepGrant(DB, grant),
    dropWaiting: (id) => dropWaitingGrant(DB, id),
    serverObject: (id) => upstreamServerOf(env, id),
    discover: (url, issuer) => discover(url, issuer, { outbound, isGood: (address) => checkAddress(address, rules).ok }),
    registerClient: (discovered) => registerClient(config.origin, discovered, outbound),
    clientDocument: () => ({
      client_id: clientMetadataAddress(config.origin),
      ...clientMetadata(config.origin, redirectAddress(config.origin, null), "none", null),
    }),
  };
}
