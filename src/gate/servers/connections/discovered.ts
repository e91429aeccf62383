/** What an MCP server and its issuer say of themselves (RFC 9728, RFC 8414), as far as it is gone by. Types only; src/upstreams/oauth carries it out. */

export interface DiscoveredServer {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  registration_endpoint: string | null;
  revocation_endpoint: string | null;
  /** What tokens are asked for. */
  resource: string;
  scope: string | null;
  /** How clients may show themselves at the token endpoint, in its own words. */
  tokenAuths: readonly string[];
  /** Whether it names itself in each answer to a person's browser (RFC 9207). */
  namesItself: boolean;
  /** Whether clients may be known by the address of what they say of themselves. */
  takesMetadataAddress: boolean;
}

/** What it did not say, or said otherwise than it has to. */
export interface DiscoveryFailure {
  reason:
    | "not-oauth"
    | "resource-of-another"
    | "issuer-not-named"
    | "issuer-of-another"
    | "metadata-not-good"
    | "no-pkce"
    | "issuer-unreachable"
    | "address-refused";
}

/** The gate as an issuer knows it. */
export interface RegisteredClient {
  client_id: string;
  client_secret: string | null;
  token_auth: "none" | "basic" | "post";
}

/**
 * `no-registration`: it knows clients only that its operator has made, with that address to come back to. `registration-refused`: it said no,
 * or what is no client.
 */
export type RegistrationFailure =
  | { reason: "no-registration"; redirect: string }
  | { reason: "issuer-unreachable" }
  | { reason: "registration-refused"; error: string };
