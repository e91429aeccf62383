/**
 * A server is taken away, and its credential. Either only narrows, so no signature is asked for. It is answered once nothing that was read
 * before is relied on any more (rules/lease.ts): after the answer no call is sent as if it were still there.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import { LEASE_MS } from "#rules/lease.ts";
import type { StandingServer } from "./server-drafts.ts";
import type { ServerEffect } from "./server-effects.ts";

export interface RemoveServerPorts extends AppendPorts<ServerEffect> {
  /** The one that is called so, or was last, from the D1 primary; null if none ever was. */
  serverNamed(name: string): Promise<StandingServer | null>;
  /** The credential is kept no more, and nothing that was drafted or signed with it brings it back. */
  forgetCredential(serverId: string): Promise<void>;
  /** Resolves after so many milliseconds, whatever the clock says. */
  sleep(ms: number): Promise<void>;
}

type UnknownServer = { reason: "unknown-server" };

/** Nothing is sent to it after the answer. Doing it again is as good: an earlier call may have broken off while it waited. */
export async function removeServer(
  name: string,
  by: { id: string; username: string },
  ports: RemoveServerPorts,
): Promise<Result<{ id: string }, UnknownServer>> {
  const server = await ports.serverNamed(name);
  if (server === null) return refuse({ reason: "unknown-server" });
  const { id } = server.settings;
  if (!server.isRemoved) {
    const members = { server: { id, name }, by: { id: by.id, username: by.username } };
    // A conflict means that somebody else removed it a moment ago.
    await appendRecord(
      { kind: "server.removed", members, effect: (at): ServerEffect => ({ kind: "server-removed", serverId: id, at }) },
      ports,
    );
  }
  await ports.sleep(LEASE_MS);
  return accept({ id });
}

/** Nothing is sent with it after the answer. Doing it again is as good. */
export async function removeCredential(name: string, ports: RemoveServerPorts): Promise<Result<{ id: string }, UnknownServer>> {
  const server = await ports.serverNamed(name);
  if (server === null || server.isRemoved) return refuse({ reason: "unknown-server" });
  await ports.forgetCredential(server.settings.id);
  await ports.sleep(LEASE_MS);
  return accept({ id: server.settings.id });
}
