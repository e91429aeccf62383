/** How the gate becomes known to an issuer: by the address of what it says of itself, or by registration (RFC 7591). */
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { Outbound } from "#gate/channels/outbound.ts";
import type { DiscoveredServer, RegisteredClient, RegistrationFailure } from "#gate/servers/connections/discovered.ts";
import { clientMetadataAddress, redirectFor, redirectOf } from "#rules/calls/connections/server-grants.ts";
import { errorOf, objectOf } from "./token-endpoint.ts";

const METHODS = { none: "none", basic: "client_secret_basic", post: "client_secret_post" } as const;
type TokenAuth = keyof typeof METHODS;
const ALL: readonly TokenAuth[] = ["none", "basic", "post"];

/** A client without a secret where that is taken: there is PKCE, and nothing to keep. RFC 8414: what is not said is `basic`. */
function authFor(tokenAuths: readonly string[]): TokenAuth {
  const said = tokenAuths.length === 0 ? [METHODS.basic] : tokenAuths;
  return ALL.find((one) => said.includes(METHODS[one])) ?? "none";
}

/** What clients say of themselves. A gate on one's own machine is no web client: issuers take its address only of a native one. */
export const clientMetadata = (origin: string, redirect: string, auth: TokenAuth, scope: string | null) => ({
  client_name: `Countersign at ${new URL(origin).host}`,
  client_uri: origin,
  redirect_uris: [redirect],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: METHODS[auth],
  application_type: origin.startsWith("https://") ? "web" : "native",
  ...(scope === null ? {} : { scope }),
});

const textIn = (value: unknown, most: number): string | null =>
  typeof value === "string" && new RegExp(`^[\\x20-\\x7e]{1,${most}}$`).test(value) ? value : null;

export async function registerClient(
  origin: string,
  discovered: DiscoveredServer,
  outbound: Outbound,
): Promise<Result<RegisteredClient, RegistrationFailure>> {
  const { issuer, registration_endpoint: endpoint, tokenAuths, takesMetadataAddress, namesItself, scope } = discovered;
  const redirect = redirectOf(origin, { issuer, redirect: redirectFor(namesItself) });
  // It fetches what it is to know: it could not from one's own machine. All issuers know this client by the one address that they share.
  if (takesMetadataAddress && namesItself && origin.startsWith("https://")) {
    return accept({ client_id: clientMetadataAddress(origin), client_secret: null, token_auth: "none" });
  }
  if (endpoint === null) return refuse({ reason: "no-registration", redirect });
  const auth = authFor(tokenAuths);
  const sent = await outbound({
    url: endpoint,
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(clientMetadata(origin, redirect, auth, scope)),
  });
  if (!sent.ok) return refuse({ reason: "issuer-unreachable" });
  const answer = sent.value.status === 200 || sent.value.status === 201 ? objectOf(sent.value) : null;
  const id = textIn(answer?.["client_id"], 500);
  if (answer === null || id === null) return refuse({ reason: "registration-refused", error: errorOf(sent.value) });
  const secret = textIn(answer["client_secret"], 8_192);
  const said = ALL.find((one) => METHODS[one] === answer["token_endpoint_auth_method"]) ?? auth;
  return accept({ client_id: id, client_secret: secret, token_auth: secret === null ? "none" : said === "none" ? "post" : said });
}
