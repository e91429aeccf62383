/**
 * What admins sign to add or change a server. Settings and sealed credential are stored under the hash of what is signed before anybody
 * signs, so that neither can be another when it is.
 */
import { b64u, hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { canonicalize } from "#countersign/json/canonical-json.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { timestamp } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Vault } from "#gate/channels/vault.ts";
import { type AdminOperation, draftAdminStatement, operationHash, type StatementPorts } from "#gate/signatures/authorise-admin.ts";
import type { AddressRules } from "#rules/addresses/check-address.ts";
import { credentialOrigin, credentialText, type ServerCredential, serverPurpose } from "#rules/calls/server-credential.ts";
import { connectorOf, type ServerSettings } from "#rules/calls/server-settings.ts";
import {
  checkServer,
  connectorProblem,
  serverCredentialProblem,
  type GivenServer,
  nameProblem,
  type ServerRefusal,
  withRedirect,
} from "./check-server.ts";
import type { ServerDraft, StandingServer } from "./server-drafts.ts";

export interface ServerDraftPorts extends StatementPorts {
  addressRules: AddressRules;
  /** Null without the secret that it is made of: then no credential is kept. */
  vault: Vault | null;
  /** Those that are not removed, from the D1 primary. */
  standingServers(): Promise<StandingServer[]>;
  /** Those that are not revoked, from the D1 primary; `server`: the name of the one that each is for. */
  standingConnectors(): Promise<{ id: string; server: string }[]>;
  /** Keeps it in the place of one under the same hash, and forgets what nobody signed for within an hour. */
  storeDraft(draft: ServerDraft): Promise<void>;
  draftOf(operationHash: string): Promise<ServerDraft | null>;
}

export type ServerDraftRefusal =
  | ServerRefusal
  | { reason: "no-vault" | "name-of-another-server" | "too-many-servers" | "unknown-server" | "no-credential-wanted" | "not-drafted" };

/** The statement, with the settings that it is about. */
export interface DraftedServer {
  statement: AdminStatement;
  settings: ServerSettings;
}

export type ServerOperation = AdminOperation<"server.added" | "server.changed">;

/** As many as an isolate keeps in its memory with all their tools. */
const MOST_SERVERS = 50;

/** SHA-256 of a sealed credential, hexadecimal; null for none. */
const hashOf = (credential: string | null): string | null => (credential === null ? null : hex(sha256(utf8(credential))));

/** What is signed of a server that is signed for the `number`-th time. */
export const serverOperation = (settings: ServerSettings, number: number): ServerOperation => ({
  operation: number === 1 ? "server.added" : "server.changed",
  parameters: { server: settings },
});

interface Made {
  id: string;
  name: string;
  number: number;
  given: GivenServer;
  credential: string | null;
}

async function store({ id, name, number, given, credential }: Made, adminId: string, ports: ServerDraftPorts): Promise<DraftedServer> {
  const { url, authentication, features, limits } = given;
  const settings: ServerSettings = {
    id,
    name,
    url,
    authentication: { ...authentication, credential_hash: hashOf(credential) },
    features,
    limits,
  };
  const operation = serverOperation(settings, number);
  await ports.storeDraft({
    operationHash: operationHash(operation),
    serverId: id,
    number,
    settings: canonicalize(settings),
    credential,
    tools: null,
    madeBy: adminId,
    madeAt: timestamp(ports.now()),
  });
  return { statement: draftAdminStatement(adminId, operation, ports), settings };
}

/** The credential, sealed for just this server and where it goes; null where none is given. */
async function sealed(
  id: string,
  { url, authentication }: GivenServer,
  given: ServerCredential | null,
  vault: Vault | null,
): Promise<Result<string | null, ServerDraftRefusal>> {
  if (given === null) return accept(null);
  const isClients = given.kind === "client_credentials" && authentication.kind === "authorization_code";
  const credential: ServerCredential = isClients ? { ...given, kind: "authorization_code" } : given;
  const problem = serverCredentialProblem(credential, authentication);
  if (problem !== null) return refuse(problem);
  if (vault === null) return refuse({ reason: "no-vault" });
  const purpose = serverPurpose({ id, url, authentication: { ...authentication, credential_hash: null } });
  return accept(await vault.seal(credentialText(credential), purpose));
}

/** The statement under which `adminId` adds a server, whose id is made here. */
export async function draftServer(
  name: string,
  wanted: GivenServer,
  credential: ServerCredential | null,
  adminId: string,
  ports: ServerDraftPorts,
): Promise<Result<DraftedServer, ServerDraftRefusal>> {
  const problem = nameProblem(name);
  if (problem !== null) return refuse(problem);
  const checked = checkServer(withRedirect(wanted, null), ports.addressRules);
  if (!checked.ok) return checked;
  const unconnected = await unconnectedAs(name, checked.value, ports);
  if (unconnected !== null) return refuse(unconnected);
  const others = await ports.standingServers();
  if (others.some(({ settings }) => settings.name === name)) return refuse({ reason: "name-of-another-server" });
  if (others.length >= MOST_SERVERS) return refuse({ reason: "too-many-servers" });
  const id = `srv_${b64u(ports.random(16))}`;
  const kept = await sealed(id, checked.value, credential, ports.vault);
  if (!kept.ok) return kept;
  return accept(await store({ id, name, number: 1, given: checked.value, credential: kept.value }, adminId, ports));
}

/** Asked only of one that is reached over a connector. */
const unconnectedAs = async (name: string, { url }: GivenServer, ports: Pick<ServerDraftPorts, "standingConnectors">) =>
  connectorOf(url) === null ? null : connectorProblem(name, url, await ports.standingConnectors());

/** Whether a sealed credential serves under other settings: it goes to the same origin, in the same headers, for the same client. */
export function keepsCredential(before: ServerSettings, after: Pick<ServerSettings, "url" | "authentication">): boolean {
  const shownAs = ({ url, authentication }: Pick<ServerSettings, "url" | "authentication">) => {
    const { kind, names = null, client_id: client = null } = authentication;
    return kind === "none" ? null : canonicalize([kind, credentialOrigin({ url, authentication }), names, client]);
  };
  const now = shownAs(after);
  return now !== null && now === shownAs(before);
}

/** The statement under which `adminId` changes a server. A credential that would go elsewhere, or be shown otherwise, is dropped: it is given anew. */
export async function draftServerChange(
  name: string,
  wanted: GivenServer,
  credential: ServerCredential | null,
  adminId: string,
  ports: ServerDraftPorts,
): Promise<Result<DraftedServer, ServerDraftRefusal>> {
  const server = await standing(name, ports);
  const checked = checkServer(withRedirect(wanted, server?.settings ?? null), ports.addressRules);
  if (!checked.ok) return checked;
  if (server === null) return refuse({ reason: "unknown-server" });
  const unconnected = await unconnectedAs(name, checked.value, ports);
  if (unconnected !== null) return refuse(unconnected);
  const { id } = server.settings;
  const kept = await sealed(id, checked.value, credential, ports.vault);
  if (!kept.ok) return kept;
  const after = { url: checked.value.url, authentication: { ...checked.value.authentication, credential_hash: null } };
  const stays = credential === null && keepsCredential(server.settings, after);
  const made = { id, name, number: server.number + 1, given: checked.value, credential: stays ? server.credential : kept.value };
  return accept(await store(made, adminId, ports));
}

/** The statement under which `adminId` gives a server a credential in the place of the one that it has, if it has one. */
export async function draftCredential(
  name: string,
  credential: ServerCredential,
  adminId: string,
  ports: ServerDraftPorts,
): Promise<Result<DraftedServer, ServerDraftRefusal>> {
  const server = await standing(name, ports);
  if (server === null) return refuse({ reason: "unknown-server" });
  const { id, url, authentication, features, limits } = server.settings;
  const { credential_hash: _, ...given } = authentication;
  if (given.kind === "none") return refuse({ reason: "no-credential-wanted" });
  const made = { url, authentication: given, features, limits };
  const kept = await sealed(id, made, credential, ports.vault);
  if (!kept.ok) return kept;
  return accept(await store({ id, name, number: server.number + 1, given: made, credential: kept.value }, adminId, ports));
}

/** The statement under which `adminId` signs for what another admin has signed for, named by its hash. */
export async function draftServerAgain(
  hash: string,
  adminId: string,
  ports: StatementPorts & Pick<ServerDraftPorts, "draftOf">,
): Promise<Result<DraftedServer, ServerDraftRefusal>> {
  const draft = await ports.draftOf(hash);
  if (draft === null || draft.settings === null) return refuse({ reason: "not-drafted" });
  const settings = JSON.parse(draft.settings) as ServerSettings;
  const operation = serverOperation(settings, draft.number);
  if (operationHash(operation) !== hash) return refuse({ reason: "not-drafted" });
  return accept({ statement: draftAdminStatement(adminId, operation, ports), settings });
}

const standing = async (name: string, ports: ServerDraftPorts): Promise<StandingServer | null> =>
  (await ports.standingServers()).find(({ settings }) => settings.name === name) ?? null;
