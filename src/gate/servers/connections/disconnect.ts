/** A grant ends: nothing is called by it any more, and it is given back to its issuer. It only narrows, so nobody signs. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord } from "#gate/log/append-record.ts";
import type { ConnectionEffect } from "./connection-effects.ts";
import { isAdmin, type ConnectingPerson, type ConnectionPorts, type KnownGrant } from "./connections.ts";
import { settleConnection } from "./sign-connection.ts";

export type DisconnectRefusal = { reason: "unknown-server" | "grant-not-there" };

/** One's own, or as an admin anybody's. */
const mayEnd = (person: ConnectingPerson, { owner }: KnownGrant): boolean => isAdmin(person) || owner === person.id;

/** Nothing is sent with it after the answer. */
export async function disconnect(
  serverName: string,
  grantId: string,
  person: ConnectingPerson,
  ports: ConnectionPorts,
): Promise<Result<null, DisconnectRefusal>> {
  const server = (await ports.standingServers()).find(({ settings }) => settings.name === serverName);
  if (server === undefined) return refuse({ reason: "unknown-server" });
  const { id: serverId, name } = server.settings;
  const grant = (await ports.grantsOf(serverId)).find(({ id }) => id === grantId);
  if (grant === undefined || !mayEnd(person, grant)) return refuse({ reason: "grant-not-there" });
  if (grant.connectedAt === null) {
    await ports.dropWaiting(grantId);
  } else {
    const by = { id: person.id, username: person.username };
    const members = { server: { id: serverId, name }, grant: { id: grantId }, by };
    const effect = (at: string): ConnectionEffect => ({ kind: "server-disconnected", id: grantId, at });
    // A conflict means that somebody else ended it a moment ago.
    await appendRecord({ kind: "server.disconnected", members, effect }, ports);
  }
  await settleConnection(serverId, ports);
  return accept(null);
}
