/** An MCP server as an admin gives it, checked before anything is made of it. */
import { SERVER_NAME_PATTERN } from "#countersign/documents/words.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import { type AddressFailure, type AddressRules, checkAddress } from "#rules/addresses/check-address.ts";
import type { ServerCredential } from "#rules/calls/server-credential.ts";
import { connectorOf, type ServerAuthentication, type ServerFeatures, type ServerSettings } from "#rules/calls/server-settings.ts";

/** Without the hash of a credential, which is sealed later. */
export type GivenAuthentication = Omit<ServerAuthentication, "credential_hash">;
export type GivenServer = { authentication: GivenAuthentication } & Pick<ServerSettings, "url" | "features" | "limits">;

/** What is wrong, and where: `field` is a member of what was given, such as `authentication.names`. */
export interface ServerRefusal {
  reason: "settings-not-good";
  field: string;
  message: string;
}

const ADDRESS_WORDS: Readonly<Record<AddressFailure, string>> = {
  "address-malformed": "is no address, such as https://mcp.example.com/mcp",
  "address-not-https": "begins with https://",
  "address-private": "is an address of a private network, where nothing is sent",
  "address-own": "is an address of this service",
  "address-unknown": "is a name that nobody knows",
};

const HEADER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** What HTTP, the protocol or the network has a meaning for. */
const NOT_A_CREDENTIALS =
  /^(?:host|connection|content-.*|transfer-encoding|cookie|set-cookie|upgrade|te|trailer|expect|accept|accept-.*|origin|referer|mcp-.*|last-event-id|trace.*|forwarded|x-forwarded-.*|x-real-ip|cf-.*|sec-.*|proxy-.*|keep-alive|range|via|user-agent)$/;
const MOST_HEADERS = 10;
/** No blanks: it stands behind its scheme. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,8190}[\x21-\x7e])?$/;
const PRINTABLE = /^[\x20-\x7e]{1,500}$/;
/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

const wrong = (field: string, message: string): { ok: false; refusal: ServerRefusal } =>
  refuse({ reason: "settings-not-good", field, message });

/** A name that rules, addresses and actions can have in them; null if it is one. */
export const nameProblem = (name: string): ServerRefusal | null =>
  SERVER_NAME_PATTERN.test(name)
    ? null
    : {
        reason: "settings-not-good",
        field: "name",
        message: "begins with a letter from a to z, and is at most 20 of these, digits and hyphens",
      };

/** What is off is left out, so that the same features are signed as the same. */
function checkedFeatures({ sessions, ...features }: ServerFeatures): ServerFeatures {
  const on = Object.fromEntries(Object.entries(features).filter(([, value]) => value));
  return { ...on, ...(sessions === "any" ? { sessions } : {}) };
}

function checkHeaders(names: readonly string[] = []): Result<GivenAuthentication, ServerRefusal> {
  const field = "authentication.names";
  const lower = [...new Set(names.map((name) => name.trim().toLowerCase()))].toSorted();
  if (lower.length === 0 || lower.length > MOST_HEADERS) return wrong(field, `are 1 to ${MOST_HEADERS} names of headers`);
  const bad = lower.find((name) => !HEADER_NAME.test(name) || NOT_A_CREDENTIALS.test(name));
  if (bad !== undefined) return wrong(field, `“${bad.slice(0, 64)}” is no header that carries a credential, such as X-Api-Key`);
  return accept({ kind: "headers", names: lower });
}

function checkClient(
  { token_endpoint: endpoint = "", client_id: id = "", scope, resource }: GivenAuthentication,
  url: string,
  rules: AddressRules,
): Result<GivenAuthentication, ServerRefusal> {
  const address = checkAddress(endpoint, rules);
  if (!address.ok) return wrong("authentication.token_endpoint", ADDRESS_WORDS[address.refusal]);
  if (!PRINTABLE.test(id)) return wrong("authentication.client_id", "is 1 to 500 printable characters of ASCII");
  if (scope !== undefined && !SCOPE.test(scope)) return wrong("authentication.scope", "are words of ASCII, one blank between two");
  if (resource !== undefined && (!URL.canParse(resource) || new URL(resource).hash !== "")) {
    return wrong("authentication.resource", "is the address that tokens are asked for");
  }
  return accept({
    kind: "client_credentials",
    token_endpoint: address.value.href,
    client_id: id,
    ...(scope === undefined ? {} : { scope }),
    // RFC 8707: a token for this server is no other one's.
    resource: resource ?? url,
  });
}

/** Each as an issuer says it (connections/discovered.ts); whether it says so is asked when somebody connects. */
const ENDPOINTS = ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"] as const;

function checkGranted(given: GivenAuthentication, url: string, rules: AddressRules): Result<GivenAuthentication, ServerRefusal> {
  const { issuer = "", client_id: id = "", token_auth = "none", scope, resource = url, grants = "shared", redirect } = given;
  const named = checkAddress(issuer, rules);
  if (!named.ok) return wrong("authentication.issuer", ADDRESS_WORDS[named.refusal]);
  const endpoints: Partial<Record<(typeof ENDPOINTS)[number], string>> = {};
  for (const name of ENDPOINTS) {
    const address = given[name];
    if (address === undefined && (name === "registration_endpoint" || name === "revocation_endpoint")) continue;
    const checked = checkAddress(address ?? "", rules);
    if (!checked.ok) return wrong(`authentication.${name}`, ADDRESS_WORDS[checked.refusal]);
    // Compared with what the issuer says, letter by letter.
    endpoints[name] = address ?? "";
  }
  if (!PRINTABLE.test(id)) return wrong("authentication.client_id", "is 1 to 500 printable characters of ASCII");
  if (scope !== undefined && !SCOPE.test(scope)) return wrong("authentication.scope", "are words of ASCII, one blank between two");
  if (!URL.canParse(resource) || new URL(resource).hash !== "" || new URL(resource).origin !== new URL(url).origin) {
    return wrong("authentication.resource", "is the server’s address, or one above it");
  }
  return accept({
    kind: "authorization_code",
    issuer,
    ...endpoints,
    client_id: id,
    token_auth,
    ...(scope === undefined ? {} : { scope }),
    resource,
    grants,
    ...(redirect === undefined ? {} : { redirect }),
  });
}

function checkAuthentication(given: GivenAuthentication, url: string, rules: AddressRules): Result<GivenAuthentication, ServerRefusal> {
  const { kind, ...members } = given;
  const wanted: Readonly<Record<typeof kind, readonly string[]>> = {
    none: [],
    bearer: [],
    headers: ["names"],
    client_credentials: ["token_endpoint", "client_id", "scope", "resource"],
    authorization_code: ["issuer", ...ENDPOINTS, "client_id", "token_auth", "scope", "resource", "grants", "redirect"],
  };
  const stray = Object.keys(members).find((name) => !wanted[kind].includes(name));
  if (stray !== undefined) return wrong(`authentication.${stray}`, `is nothing that “${kind}” has`);
  if (kind === "headers") return checkHeaders(given.names);
  if (kind === "authorization_code") return checkGranted(given, url, rules);
  return kind === "client_credentials" ? checkClient(given, url, rules) : accept({ kind });
}

/**
 * Where people come back to is always said of what is new; if it is not, for an issuer that names itself in each answer. What was signed before
 * that was said stays as it is with its client, whose issuer knows no other address.
 */
export function withRedirect(given: GivenServer, before: ServerSettings | null): GivenServer {
  const { kind, issuer, client_id: client, redirect } = given.authentication;
  if (kind !== "authorization_code" || redirect !== undefined) return given;
  const was = before?.authentication;
  const isKept = was?.kind === kind && was.redirect === undefined && was.issuer === issuer && was.client_id === client;
  return isKept ? given : { ...given, authentication: { ...given.authentication, redirect: was?.redirect ?? "shared" } };
}

/** The server in the one form that two admins sign, or what is wrong with it. Limits and features have been read by their shapes. */
export function checkServer(
  { url, authentication, features, limits }: GivenServer,
  rules: AddressRules,
): Result<GivenServer, ServerRefusal> {
  const isOver = url.startsWith("connector:");
  if (isOver && connectorOf(url) === null) return wrong("url", "is no connector: “connector:” and its id, as its page shows it");
  if (isOver && authentication.kind !== "none") return wrong("authentication.kind", "is none over a connector, which has a key of its own");
  const address = isOver ? null : checkAddress(url, rules);
  if (address?.ok === false) return wrong("url", ADDRESS_WORDS[address.refusal]);
  const href = address?.value.href ?? url;
  const checked = checkAuthentication(authentication, href, rules);
  if (!checked.ok) return checked;
  return accept({ url: href, authentication: checked.value, features: checkedFeatures(features), limits });
}

/** What is wrong with the connector that a server of this name would be reached over; null if nothing is, or it has an address. */
export function connectorProblem(name: string, url: string, connectors: readonly { id: string; server: string }[]): ServerRefusal | null {
  const id = connectorOf(url);
  if (id === null) return null;
  const found = connectors.find((one) => one.id === id);
  if (found?.server === name) return null;
  const message = found === undefined ? "is no connector, or one that is revoked" : "is a connector that was made for another server";
  return { reason: "settings-not-good", field: "url", message };
}

/** What is wrong with a credential that an admin gives for such an authentication; null if nothing is. */
export function serverCredentialProblem(given: ServerCredential, { kind, names = [] }: GivenAuthentication): ServerRefusal | null {
  const at = (field: string, message: string): ServerRefusal => ({ reason: "settings-not-good", field, message });
  if (given.kind !== kind) return at("credential", kind === "none" ? "is none that such a server has" : `is none of “${kind}”`);
  switch (given.kind) {
    case "bearer":
      return TOKEN.test(given.token) ? null : at("credential.token", "is printable ASCII without blanks");
    case "client_credentials":
    case "authorization_code":
      return HEADER_VALUE.test(given.client_secret) ? null : at("credential.client_secret", "is printable ASCII");
    case "headers": {
      const missing = names.find((name) => !given.values.some((one) => one.name === name));
      if (missing !== undefined) return at("credential.headers", `says what ${missing} holds`);
      if (given.values.length !== names.length) return at("credential.headers", "are just those that are named");
      const bad = given.values.find(({ value }) => !HEADER_VALUE.test(value));
      return bad === undefined ? null : at("credential.headers", `${bad.name} is printable ASCII`);
    }
  }
}
