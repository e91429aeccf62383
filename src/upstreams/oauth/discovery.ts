/**
 * What an MCP server says of its issuer (RFC 9728), and that issuer of itself (RFC 8414, OpenID Connect Discovery). Each is believed only about
 * itself: a resource that is not the server, or an issuer that is not the one that was asked, is none. Whoever answers writes every byte.
 */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound, OutboundReply } from "#gate/channels/outbound.ts";
import type { DiscoveredServer, DiscoveryFailure } from "#gate/servers/connections/discovered.ts";
import { objectOf } from "./token-endpoint.ts";

export interface DiscoveryPorts {
  outbound: Outbound;
  /** Whether the gate would send to that address. */
  isGood(address: string): boolean;
}

type Failed = DiscoveryFailure["reason"];
type Told = Record<string, unknown>;

const MOST_BYTES = 262_144;
const HELLO = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "countersign", version: "1" } },
});
const VERSION = { "mcp-protocol-version": "2025-11-25" };

const failed = (reason: Failed): { ok: false; refusal: DiscoveryFailure } => refuse({ reason });
const textIn = (value: unknown): string | null => (typeof value === "string" && value !== "" && value.length <= 2_000 ? value : null);
const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string").slice(0, 200) : []);

/** 1. what the server asks for; 2. what it is and who gives tokens for it; 3. what that one says of itself. */
export async function discover(
  url: string,
  wantedIssuer: string | null,
  ports: DiscoveryPorts,
): Promise<Result<DiscoveredServer, DiscoveryFailure>> {
  const asked = await knock(url, ports); // 1
  if (!asked.ok) return asked;
  const resource = await resourceOf(url, asked.value.metadata, ports); // 2
  if (!resource.ok) return resource;
  const { issuers, scopes } = resource.value;
  const issuer = wantedIssuer ?? issuers[0] ?? null;
  if (issuer === null) return failed("not-oauth");
  if (!issuers.includes(issuer)) return failed("issuer-not-named");
  const told = await issuerOf(issuer, ports); // 3
  if (!told.ok) return told;
  const scope = asked.value.scope ?? (scopes.length === 0 ? null : scopes.join(" "));
  return readIssuer(issuer, told.value, { resource: resource.value.resource, scope }, ports);
}

/** Of a challenge (RFC 6750, RFC 9728): a member's value; null if it has none of that name. */
export const challenged = (header: string, member: string): string | null =>
  new RegExp(`(?:^|[\\s,])${member}\\s*=\\s*(?:"([^"]{1,2000})"|([^\\s,"]{1,2000}))`, "i").exec(header)?.slice(1).find(Boolean) ?? null;

async function knock(
  url: string,
  { outbound }: DiscoveryPorts,
): Promise<Result<{ metadata: string | null; scope: string | null }, DiscoveryFailure>> {
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const sent = await outbound({ url, method: "POST", headers, body: HELLO, mostBytes: MOST_BYTES });
  if (!sent.ok) return failed(sent.refusal.startsWith("address-") ? "address-refused" : "issuer-unreachable");
  const header = sent.value.status === 401 ? (sent.value.headers.get("www-authenticate") ?? "") : "";
  return accept({ metadata: challenged(header, "resource_metadata"), scope: challenged(header, "scope") });
}

/** A document; null where there is none, or something else. */
async function read(url: string, { outbound }: DiscoveryPorts): Promise<Result<Told | null, DiscoveryFailure>> {
  const sent = await outbound({ url, headers: { accept: "application/json", ...VERSION }, mostBytes: MOST_BYTES });
  if (!sent.ok) return sent.refusal === "unreachable" || sent.refusal === "timed-out" ? failed("issuer-unreachable") : accept(null);
  return accept(documentIn(sent.value));
}
const documentIn = (reply: OutboundReply): Told | null => (reply.status === 200 ? objectOf(reply) : null);

/** The first of these that is there. */
async function firstOf(addresses: readonly string[], ports: DiscoveryPorts): Promise<Result<Told | null, DiscoveryFailure>> {
  for (const address of addresses) {
    const found = await read(address, ports);
    if (!found.ok || found.value !== null) return found;
  }
  return accept(null);
}

/** The address below the origin's well-known ones, with the path behind it (RFC 8414, section 3.1). */
const wellKnown = (name: string, { origin, pathname }: URL): string =>
  `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;

interface Resource {
  resource: string;
  issuers: string[];
  scopes: string[];
}

/** Servers of before RFC 9728 say nothing of themselves: then the issuer is at their origin. */
async function resourceOf(url: string, named: string | null, ports: DiscoveryPorts): Promise<Result<Resource, DiscoveryFailure>> {
  const server = new URL(url);
  const addresses =
    named === null ? [wellKnown("oauth-protected-resource", server), `${server.origin}/.well-known/oauth-protected-resource`] : [named];
  const found = await firstOf([...new Set(addresses)], ports);
  if (!found.ok) return found;
  if (found.value === null) return named === null ? accept({ resource: url, issuers: [server.origin], scopes: [] }) : failed("not-oauth");
  const resource = textIn(found.value["resource"]);
  if (resource === null || !isOfServer(resource, server)) return failed("resource-of-another");
  return accept({ resource, issuers: textsIn(found.value["authorization_servers"]), scopes: textsIn(found.value["scopes_supported"]) });
}

/** The server itself, or a place above it at the same origin. */
function isOfServer(resource: string, server: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const { origin, pathname, search, hash } = new URL(resource);
  if (origin !== server.origin || search !== "" || hash !== "") return false;
  return server.pathname === pathname || server.pathname.startsWith(pathname.endsWith("/") ? pathname : `${pathname}/`);
}

/** What that very issuer says: its own name in it has to be the one that was asked (RFC 8414, section 3.3). */
async function issuerOf(issuer: string, ports: DiscoveryPorts): Promise<Result<Told, DiscoveryFailure>> {
  if (!ports.isGood(issuer)) return failed("address-refused");
  const at = new URL(issuer);
  const addresses = [
    wellKnown("oauth-authorization-server", at),
    wellKnown("openid-configuration", at),
    `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
  ];
  const found = await firstOf([...new Set(addresses)], ports);
  if (!found.ok) return found;
  if (found.value === null) return failed("metadata-not-good");
  return found.value["issuer"] === issuer ? accept(found.value) : failed("issuer-of-another");
}

function readIssuer(
  issuer: string,
  told: Told,
  { resource, scope }: Pick<DiscoveredServer, "resource" | "scope">,
  ports: DiscoveryPorts,
): Result<DiscoveredServer, DiscoveryFailure> {
  const endpoint = (name: string): string | null => textIn(told[name]);
  const [authorization, token] = [endpoint("authorization_endpoint"), endpoint("token_endpoint")];
  const [registration, revocation] = [endpoint("registration_endpoint"), endpoint("revocation_endpoint")];
  if (authorization === null || token === null) return failed("metadata-not-good");
  if ([authorization, token, registration, revocation].some((one) => one !== null && !ports.isGood(one))) return failed("address-refused");
  // Without it a code that leaks is worth a token to whoever finds it.
  if (!textsIn(told["code_challenge_methods_supported"]).includes("S256")) return failed("no-pkce");
  return accept({
    issuer,
    authorization_endpoint: authorization,
    token_endpoint: token,
    registration_endpoint: registration,
    revocation_endpoint: revocation,
    resource,
    scope: withRefresh(scope, textsIn(told["scopes_supported"])),
    tokenAuths: textsIn(told["token_endpoint_auth_methods_supported"]),
    namesItself: told["authorization_response_iss_parameter_supported"] === true,
    takesMetadataAddress: told["client_id_metadata_document_supported"] === true,
  });
}

/** Issuers of OpenID give what outlasts the hour only to whoever asks for it by name. */
const withRefresh = (scope: string | null, supported: readonly string[]): string | null =>
  supported.includes("offline_access") && scope?.split(" ").includes("offline_access") !== true
    ? [scope, "offline_access"].filter((one) => one !== null).join(" ")
    : scope;
