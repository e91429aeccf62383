/** Grants of authorization servers, by which an MCP server is called as somebody: whose is whose, and what one is good for. */
import { hex, sha256, utf8 } from "#countersign/encoding/bytes.ts";
import { hashJson } from "#countersign/json/canonical-json.ts";
import type { VaultPurpose } from "#gate/channels/vault.ts";
import type { ServerAuthentication, ServerGrant, ServerSettings } from "../server-settings.ts";

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

/**
 * Where an issuer sends people back to; it is registered there, and never another. An issuer that names itself in each answer (RFC 9207) shares
 * it with others; any other has one of its own, so that no answer of one passes for an answer of another (mix-up, RFC 9700, section 4.4).
 */
export const redirectFor = (namesItself: boolean): "issuer" | "shared" => (namesItself ? "shared" : "issuer");

/** `place`: of an issuer that has an address of its own. */
export const redirectAddress = (origin: string, place: string | null): string =>
  `${origin}/oauth/callback${place === null ? "" : `/${place}`}`;

export const redirectOf = (origin: string, { redirect, issuer = "" }: Pick<ServerAuthentication, "redirect" | "issuer">): string =>
  redirectAddress(origin, redirect === "issuer" ? hex(sha256(utf8(issuer))) : null);

/** The gate as a client, by the address of what it says of itself (client id metadata documents). */
export const clientMetadataAddress = (origin: string): string => `${origin}/oauth/client.json`;
