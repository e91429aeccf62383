/** A connector ends: its key opens nothing any more, and its line is closed. It only narrows, so no signature is asked for. */
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, type AppendPorts } from "#gate/log/append-record.ts";
import type { ConnectorEffect } from "./connector-effects.ts";
import type { NewConnector } from "./create-connector.ts";

export interface RevokeConnectorPorts extends AppendPorts<ConnectorEffect> {
  /** From the D1 primary, revoked or not; null if there is none. */
  connectorById(id: string): Promise<(NewConnector & { revokedAt: string | null }) | null>;
  /** Ends its line, and takes no other one from then on. Throws if that cannot be known: then it is done again. */
  closeLine(id: string): Promise<void>;
}

/**
 * 1. it is known; 2. its line ends, and no other is taken; 3. its key stops, with the leaf. In this order, so that what the list calls
 * revoked is closed, also where a call broke off. After the answer nothing is sent over it. Doing it again is as good.
 */
export async function revokeConnector(
  id: string,
  by: { id: string; username: string },
  ports: RevokeConnectorPorts,
): Promise<Result<null, { reason: "unknown-connector" }>> {
  const found = await ports.connectorById(id); // 1
  if (found === null) return refuse({ reason: "unknown-connector" });
  await ports.closeLine(id); // 2
  if (found.revokedAt === null) {
    const connector = { id, name: found.name, server: found.server };
    const members = { connector, by: { id: by.id, username: by.username } };
    // A conflict means that somebody else revoked it a moment ago, which is as good.
    await appendRecord(
      { kind: "connector.revoked", members, effect: (at): ConnectorEffect => ({ kind: "connector-revoked", connectorId: id, at }) },
      ports,
    ); // 3
  }
  return accept(null);
}
