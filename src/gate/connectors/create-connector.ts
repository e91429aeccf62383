/** A connector is made by admins' passkeys over its name and its server's. Its key is shown once and kept as a hash. */
import { API_KEY_RANDOM_BYTES, apiKeyHash, connectorKeyFrom } from "#countersign/documents/api-key.ts";
import { SERVER_NAME_PATTERN } from "#countersign/documents/words.ts";
import { b64u } from "#countersign/encoding/bytes.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AdminOperation, draftAdminStatement, parametersOf, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal, SignaturePorts, SpentAuthorisation } from "#gate/signatures/collect-signatures.ts";
import { signedChange } from "#gate/signatures/signed-change.ts";
import type { AppendPorts } from "#gate/log/append-record.ts";
import { CONNECTOR_REFUSALS, type ConnectorEffect } from "./connector-effects.ts";

export interface CreateConnectorPorts extends SignaturePorts, AppendPorts<ConnectorEffect> {
  /** Those that are not revoked, from the D1 primary. */
  standingConnectors(): Promise<{ id: string; name: string }[]>;
}

/** As admins sign for it. `server`: the name of the one server that may be reached over it, whether there is one yet or not. */
export interface NewConnector {
  id: string;
  name: string;
  server: string;
}

/** As many as there can be servers, and as many again that wait for theirs. */
const MOST_CONNECTORS = 100;

export type ConnectorNameRefusal =
  | { reason: "name-not-good"; field: "name" | "server" }
  | { reason: "name-of-another-connector" | "too-many-connectors" };
export type ConnectorRefusal = AuthorisationRefusal | ConnectorNameRefusal;

/** Made, with the key for whose signature was the last; or how many admins have signed so far. */
export type CreatedConnector = ({ created: true; key: string } & NewConnector) | { created: false; signatures: number; required: number };

type DraftPorts = StatementPorts & Pick<CreateConnectorPorts, "standingConnectors">;

const creation = ({ id, name, server }: NewConnector): AdminOperation<"connector.created"> => ({
  operation: "connector.created",
  parameters: { connector: { id, name, server } },
});

/** The statement under which `adminId` makes a connector of this name. */
export const draftConnector = (
  wanted: Pick<NewConnector, "name" | "server">,
  adminId: string,
  ports: DraftPorts,
): Promise<Result<AdminStatement, ConnectorNameRefusal>> =>
  draftProposedConnector({ id: `con_${b64u(ports.random(16))}`, ...wanted }, adminId, ports);

/** The statement under which `adminId` makes a connector that another admin has signed for. */
export async function draftProposedConnector(
  connector: NewConnector,
  adminId: string,
  ports: DraftPorts,
): Promise<Result<AdminStatement, ConnectorNameRefusal>> {
  const problem = await problemOf(connector, ports);
  return problem === null ? accept(draftAdminStatement(adminId, creation(connector), ports)) : refuse(problem);
}

async function problemOf(
  { id, name, server }: NewConnector,
  ports: Pick<CreateConnectorPorts, "standingConnectors">,
): Promise<ConnectorNameRefusal | null> {
  if (!SERVER_NAME_PATTERN.test(name)) return { reason: "name-not-good", field: "name" };
  if (!SERVER_NAME_PATTERN.test(server)) return { reason: "name-not-good", field: "server" };
  const others = (await ports.standingConnectors()).filter((other) => other.id !== id);
  if (others.some((other) => other.name === name)) return { reason: "name-of-another-connector" };
  return others.length >= MOST_CONNECTORS ? { reason: "too-many-connectors" } : null;
}

/** The connector that a statement makes; null if it makes none. */
export const connectorOfStatement = (statement: AdminStatement): NewConnector | null =>
  parametersOf("connector.created", statement)?.connector ?? null;

/**
 * 1. no connector that stands has this name; 2. enough admins signed for this name and this server's, under an id that the gate chose, as
 * their nonces tell; 3. connector, leaf and spent nonces are written together. Gives the key, which is stored nowhere: of two last
 * signatures at the same moment the key is in one answer alone.
 */
export async function createConnector(
  wanted: Pick<NewConnector, "name" | "server">,
  adminId: string,
  authorisedBy: readonly Authorisation[],
  ports: CreateConnectorPorts,
): Promise<Result<CreatedConnector, ConnectorRefusal>> {
  const signed = authorisedBy[0] === undefined ? null : connectorOfStatement(authorisedBy[0].statement);
  const connector: NewConnector = { id: signed?.id ?? "", ...wanted };
  const problem = await problemOf(connector, ports); // 1
  if (problem !== null) return refuse(problem);

  const key = connectorKeyFrom(ports.random(API_KEY_RANDOM_BYTES));
  const keyHash = apiKeyHash(key);
  const change = {
    operation: creation(connector), // 2
    effect: (at: string, authorised: SpentAuthorisation): ConnectorEffect => ({
      kind: "connector-created",
      connector: { ...connector, keyHash, maker: adminId, createdAt: at },
      authorised,
    }), // 3
    refusals: CONNECTOR_REFUSALS,
  };
  const outcome = await signedChange(change, adminId, authorisedBy, ports);
  if (!outcome.ok) return outcome;
  const { made, ...counts } = outcome.value;
  return accept(made === "by-this-call" ? { created: true, ...connector, key } : { created: false, ...counts });
}
