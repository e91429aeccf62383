/**
 * What somebody brought back from an issuer is signed for before anything is called by it: what all agents share by as many admins as the
 * deployment asks for, what is a person's own by that person. So neither a stolen session nor a server can have calls made as somebody else.
 */
import type { JsonObject } from "#countersign/json/canonical-json.ts";
import type { AdminStatement, OwnStatement } from "#countersign/documents/ceremony.ts";
import { type Authorisation, type OwnSignature, recordShapes } from "#countersign/documents/record.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { fit } from "#countersign/json/shape.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { appendRecord, whyRefused } from "#gate/log/append-record.ts";
import { isSpent } from "#gate/passkeys/spent-nonce.ts";
import { type AdminOperation, draftAdminStatement, parametersOf } from "#gate/signatures/authorise-admin.ts";
import type { AuthorisationRefusal } from "#gate/signatures/collect-signatures.ts";
import { checkOwnSignature, draftOwnStatement, type OwnSignatureRefusal } from "#gate/signatures/own-signature.ts";
import { progressOf, type SignatureProgress, signedChange } from "#gate/signatures/signed-change.ts";
import { grantTerms } from "#rules/calls/connections/server-grants.ts";
import { LEASE_MS } from "#rules/lease.ts";
import { CONNECTION_REFUSALS, type ConnectionEffect, OWN_CONNECTION_REFUSALS, type SignedGrant } from "./connection-effects.ts";
import type { ConnectingPerson, ConnectionPorts, KnownGrant } from "./connections.ts";

type Missing = { reason: "unknown-server" | "grant-not-there" };
export type SharedRefusal = Missing | AuthorisationRefusal;
export type OwnRefusal = Missing | OwnSignatureRefusal | { reason: "signature-spent" };

interface Found {
  server: { id: string; name: string };
  grant: KnownGrant;
}

/** One that waits, of a server that stands. */
async function waiting(serverName: string, grantId: string, ports: ConnectionPorts): Promise<Result<Found, Missing>> {
  const server = (await ports.standingServers()).find(({ settings }) => settings.name === serverName);
  if (server === undefined) return refuse({ reason: "unknown-server" });
  const { id, name } = server.settings;
  const grant = (await ports.grantsOf(id)).find((one) => one.id === grantId);
  // Of a server that is another now it would be good for nothing.
  if (grant === undefined || grant.terms !== grantTerms(server.settings)) return refuse({ reason: "grant-not-there" });
  return accept({ server: { id, name }, grant });
}

const signedMembers = ({ server, grant: { id, issuer, account } }: Found) => ({ server, grant: { id, issuer, account } });

const operationOf = (found: Found): AdminOperation<"server.connected"> => ({
  operation: "server.connected",
  parameters: signedMembers(found),
});

const rowOf = ({ server, grant: { id, owner, issuer, account } }: Found): SignedGrant => ({
  id,
  serverId: server.id,
  owner,
  issuer,
  account,
});

/** The statement under which `adminId` has all agents call the server by this grant. */
export async function draftShared(
  serverName: string,
  grantId: string,
  adminId: string,
  ports: ConnectionPorts,
): Promise<Result<AdminStatement, Missing>> {
  const found = await waiting(serverName, grantId, ports);
  if (!found.ok) return found;
  if (found.value.grant.owner !== null) return refuse({ reason: "grant-not-there" });
  return accept(draftAdminStatement(adminId, operationOf(found.value), ports));
}

/**
 * 1. the signatures are under a grant that this server's issuer gave, for all; 2. enough admins signed for exactly this, or it waits with their
 * signatures; 3. row, leaf and spent nonces are written together, and the grant before goes; 4. nothing is sent by that one any more.
 */
export async function signShared(
  serverName: string,
  brought: readonly Authorisation[],
  adminId: string,
  ports: ConnectionPorts,
): Promise<Result<SignatureProgress, SharedRefusal>> {
  const signed = brought[0] === undefined ? null : parametersOf("server.connected", brought[0].statement);
  if (signed === null) return refuse({ reason: brought.length === 0 ? "wrong-number-of-signatures" : "signed-for-something-else" });
  const found = await waiting(serverName, signed.grant.id, ports); // 1
  if (!found.ok) return found;
  if (found.value.grant.owner !== null) return refuse({ reason: "grant-not-there" });
  const grant = rowOf(found.value);
  const outcome = await signedChange(
    {
      operation: operationOf(found.value), // 2
      effect: (at, authorised): ConnectionEffect => ({ kind: "server-connected", grant, at, authorised }), // 3
      refusals: CONNECTION_REFUSALS,
      stands: async () => (await ports.grantsOf(grant.serverId)).some(({ id, connectedAt }) => id === grant.id && connectedAt !== null),
    },
    adminId,
    brought,
    ports,
  );
  if (!outcome.ok) return outcome;
  const progress = progressOf(outcome.value);
  if (progress.done) await settleConnection(grant.serverId, ports); // 4
  return accept(progress);
}

/** The statement under which the person has their own agents call the server by this grant. */
export async function draftOwn(
  serverName: string,
  grantId: string,
  person: ConnectingPerson,
  ports: ConnectionPorts,
): Promise<Result<OwnStatement, Missing>> {
  const found = await waiting(serverName, grantId, ports);
  if (!found.ok) return found;
  if (found.value.grant.owner !== person.id) return refuse({ reason: "grant-not-there" });
  return accept(draftOwnStatement(person.id, ownOperation(found.value, person), ports));
}

const ownOperation = (found: Found, { id, username }: ConnectingPerson) => ({
  operation: "account.connected" as const,
  parameters: { ...signedMembers(found), person: { id, username } } satisfies JsonObject,
});

/** The grant that a statement is about; null if it is about something else. */
function grantIn(signature: OwnSignature): string | null {
  const { operation, parameters } = signature.statement;
  const record = { ...parameters, signature, type: "countersign/record@v1", kind: operation, log: "-", at: timestamp(0) };
  const read = operation === "account.connected" ? fit(recordShapes["account.connected"], record) : null;
  return read?.ok === true ? read.value.grant.id : null;
}

/** The same steps; nobody else can sign for it. A signature serves once. */
export async function signOwn(
  serverName: string,
  signature: OwnSignature,
  person: ConnectingPerson,
  ports: ConnectionPorts,
): Promise<Result<null, OwnRefusal>> {
  const grantId = grantIn(signature); // 1
  if (grantId === null) return refuse({ reason: "signed-for-something-else" });
  const found = await waiting(serverName, grantId, ports);
  if (!found.ok) return found;
  const grant = rowOf(found.value);
  if (grant.owner !== person.id) return refuse({ reason: "grant-not-there" });
  const asked = ownOperation(found.value, person);
  const signed = await checkOwnSignature(signature, person.id, asked, ports); // 2
  if (!signed.ok) return signed;
  const { credential_id: credentialId } = signature;
  const outcome = await appendRecord(
    {
      kind: "account.connected",
      members: { ...asked.parameters, signature },
      effect: (at): ConnectionEffect => ({ kind: "account-connected", grant, at, credentialId, spends: [signed.value] }), // 3
    },
    ports,
  );
  if (outcome.status === "conflict") return refuse({ reason: "signature-spent" });
  if (outcome.status === "refused") {
    if (isSpent(outcome.constraint)) return refuse({ reason: "signature-spent" });
    return refuse({ reason: whyRefused(outcome.constraint, OWN_CONNECTION_REFUSALS) });
  }
  await settleConnection(grant.serverId, ports); // 4
  return accept(null);
}

/** Nothing is sent any more by what was read before; what ended is given back to its issuer, now or by the object's alarm. */
export async function settleConnection(serverId: string, ports: Pick<ConnectionPorts, "serverObject" | "sleep">): Promise<void> {
  await ports.sleep(LEASE_MS);
  await ports
    .serverObject(serverId)
    .tendGrants()
    .catch(() => undefined);
}
