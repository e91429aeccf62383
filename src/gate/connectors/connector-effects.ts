/** What becomes of connectors with a leaf of the log. */
import type { SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";

export interface ConnectorRow {
  id: string;
  name: string;
  /** The name of the one server that it may be the way to. */
  server: string;
  /** SHA-256 of its key, hexadecimal. */
  keyHash: string;
  /** The admin who was shown the key. */
  maker: string;
  createdAt: string;
}

export type ConnectorEffect =
  | { kind: "connector-created"; connector: ConnectorRow; authorised: SpentAuthorisation }
  | { kind: "connector-revoked"; connectorId: string; at: string };

/** Why one is not made, by the condition of its batch that does not hold. */
export const CONNECTOR_REFUSALS = { connector_name_is_free: "name-of-another-connector" } as const;
