/** Grants of authorization servers, by which an MCP server is called as somebody: whose is whose, and what one is good for. */
import { hex } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import type { VaultPurpose } from "#gate/channels/vault.ts";
import type { ServerGrant, ServerSettings } from "../server-settings.ts";

type Settings = Pick<ServerSettings, "url" | "authentication">;

/** Whether the server is called by such grants. */
export const wantsGrant = ({ authentication }: Pick<ServerSettings, "authentication">): boolean =>
  authentication.kind === "authorization_code";

/** Whether each owner of agents has a grant of their own there. */
export const isPerOwner = ({ authentication }: Pick<ServerSettings, "authentication">): boolean => authentication.grants === "owner";

/** All that decides where a grant's tokens are had, what for, and where they go: with another of these it is good for nothing. */
export function grantTerms({ url, authentication }: Settings): string {
  const { issuer, token_endpoint: endpoint, client_id: client, resource, grants } = authentication;
  return hex(hashJson([url, issuer ?? "", endpoint ?? "", client ?? "", resource ?? "", grants ?? ""]));
}

/**
 * The grant by which agents of that owner call the server; null if there is none. Never another person's: of a server with a grant per owner
 * only theirs counts, and of one that is shared only what is shared.
 */
export function grantFor(settings: Settings, grants: readonly ServerGrant[], owner: string | null): ServerGrant | null {
  if (isPerOwner(settings) && owner === null) return null;
  const whose = isPerOwner(settings) ? owner : null;
  const terms = grantTerms(settings);
  return grants.find((grant) => grant.owner === whose && grant.terms === terms) ?? null;
}

/** What a token is sealed for: this grant of this owner at this server, and where it may be sent. */
export const grantPurpose = (serverId: string, { id, owner }: Pick<ServerGrant, "id" | "owner">, address: string): VaultPurpose => ({
  label: "grant",
  id: `${serverId}/${id}/${owner ?? ""}`,
  origin: new URL(address).origin,
});

/** Where a person connects the server. */
export const connectAddress = (origin: string, serverName: string): string => `${origin}/account/servers?server=${serverName}`;

/** Where authorization servers send people back to. It is registered with them, and never another. */
export const redirectAddress = (origin: string): string => `${origin}/oauth/callback`;

/** The gate as a client, by the address of what it says of itself (client id metadata documents). */
export const clientMetadataAddress = (origin: string): string => `${origin}/oauth/client.json`;
