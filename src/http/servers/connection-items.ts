/** Servers that are called as somebody, as their people see them (api/servers/connection-data.ts). */
import type { ConnectableServer, ServerGrantItem } from "#api/servers/connection-data.ts";
import { type ConnectingPerson, isAdmin, type KnownGrant } from "#gate/servers/connections/connections.ts";
import { grantTerms, isPerOwner, wantsGrant } from "#rules/calls/connections/server-grants.ts";
import type { ServerSettings } from "#rules/calls/server-settings.ts";
import { knownGrants } from "#storage/servers/server-grants.ts";
import { standingServers } from "#storage/servers/servers.ts";

const itemOf = (grant: KnownGrant, settings: ServerSettings): ServerGrantItem => ({
  id: grant.id,
  owner: grant.owner,
  issuer: grant.issuer,
  account: grant.account,
  made_by: grant.madeBy,
  made_at: grant.madeAt,
  connected_at: grant.connectedAt,
  refused_at: grant.refusedAt,
  serves: grant.terms === grantTerms(settings),
});

/** Of what all agents share admins alone see who they are there; what is a person's own, that person and admins. */
function connectable(settings: ServerSettings, grants: readonly KnownGrant[], person: ConnectingPerson): ConnectableServer | null {
  const { id, name, url, authentication } = settings;
  const isOwn = isPerOwner(settings);
  if (!wantsGrant(settings) || (!isOwn && !isAdmin(person))) return null;
  const whose = isOwn ? person.id : null;
  const own = grants.filter(({ owner }) => owner === whose);
  const items = (of: readonly KnownGrant[]) => of.map((grant) => itemOf(grant, settings));
  return {
    server: { id, name },
    url,
    issuer: authentication.issuer ?? "",
    scope: authentication.scope ?? null,
    grants: isOwn ? "owner" : "shared",
    connection: items(own.filter(({ connectedAt }) => connectedAt !== null)).at(-1) ?? null,
    waiting: items(own.filter(({ connectedAt }) => connectedAt === null)),
    others: isOwn && isAdmin(person) ? items(grants.filter(({ owner, connectedAt }) => owner !== whose && connectedAt !== null)) : [],
  };
}

/** Every server that this person may connect, by name. */
export async function connectableFor(d1: D1Database, person: ConnectingPerson, nowMs: number): Promise<ConnectableServer[]> {
  const [servers, grants] = await Promise.all([standingServers(d1), knownGrants(d1, null, nowMs)]);
  return servers.flatMap(({ settings }) => {
    const of = grants.filter(({ serverId }) => serverId === settings.id);
    return connectable(settings, of, person) ?? [];
  });
}

/** What stands at that server of all that is known, for admins and auditors. */
export const connectionsOf = (settings: ServerSettings, grants: readonly KnownGrant[]): ServerGrantItem[] =>
  grants.filter(({ serverId, connectedAt }) => serverId === settings.id && connectedAt !== null).map((grant) => itemOf(grant, settings));
