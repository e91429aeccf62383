/** Connectors as `/api/v1` answers and the page shows them (api/connectors/connector-data.ts). */
import type { ConnectorItem, ProposedConnector } from "#api/connectors/connector-data.ts";
import { connectorOfStatement } from "#gate/connectors/create-connector.ts";
import type { LineState } from "#gate/connectors/remote-connector.ts";
import { readKeptSignatures } from "#http/signatures/kept-signatures.ts";
import { allConnectors } from "#storage/connectors/connectors.ts";

/** What one admin has signed for and another has to. */
export async function proposedConnectors(d1: D1Database, adminsRequired: number, nowMs: number): Promise<ProposedConnector[]> {
  const kept = await readKeptSignatures(d1, adminsRequired, nowMs);
  return kept.operations().flatMap(({ first, progress }) => {
    const connector = connectorOfStatement(first.authorisation.statement);
    return connector === null ? [] : [{ ...connector, ...progress, expires_at: first.expiresAt }];
  });
}

const NOT_KNOWN: LineState = { since: null, hasChild: false };

/** Every connector, the oldest first, with how its line is, and what lacks a signature. */
export async function connectorsAsTheyAre(
  d1: D1Database,
  adminsRequired: number,
  nowMs: number,
  stateOf: (id: string) => Promise<LineState>,
): Promise<{ items: ConnectorItem[]; waiting: ProposedConnector[] }> {
  const [stored, waiting] = await Promise.all([allConnectors(d1), proposedConnectors(d1, adminsRequired, nowMs)]);
  const items = stored.map(async ({ id, name, server, createdAt, revokedAt }) => {
    // One that cannot be asked now keeps no other one from being shown.
    const { since, hasChild } = revokedAt === null ? await stateOf(id).catch(() => NOT_KNOWN) : NOT_KNOWN;
    const address = `connector:${id}`;
    return { id, name, server, address, created_at: createdAt, revoked_at: revokedAt, connected_since: since, serves: hasChild };
  });
  return { items: await Promise.all(items), waiting };
}
