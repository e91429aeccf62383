/** The credential of an MCP server behind the gate: what it is, where it may go, and the text that is sealed. */
import { canonicalize, parseJson } from "#countersign/json/canonical-json.ts";
import { fit, list, object, oneOf, type Of, type Shape, text } from "#countersign/json/shape.ts";
import type { VaultPurpose } from "#gate/channels/vault.ts";
import { originOfServer, type ServerAuthentication, type ServerSettings } from "./server-settings.ts";

const token = text(1, 8_192);
const bearer = object({ kind: oneOf("bearer"), token });
/** By the names of its headers, as they are signed for: they are a part of what is sealed. */
const headers = object({ kind: oneOf("headers"), values: list(object({ name: text(1, 100), value: token }), 1, 10) });
const clientCredentials = object({ kind: oneOf("client_credentials"), client_secret: token });
/** Of a client that has a secret; one without has no credential. */
const authorizationCode = object({ kind: oneOf("authorization_code"), client_secret: token });

export type ServerCredential = Of<typeof bearer> | Of<typeof headers> | Of<typeof clientCredentials> | Of<typeof authorizationCode>;

const SHAPES: Readonly<Record<ServerCredential["kind"], Shape<ServerCredential>>> = {
  bearer,
  headers,
  client_credentials: clientCredentials,
  authorization_code: authorizationCode,
};

/** Where it is sent: to the server, or to whoever gives tokens for it. */
const addressOf = ({ url, authentication: { kind, token_endpoint } }: Pick<ServerSettings, "url" | "authentication">): string =>
  kind === "client_credentials" || kind === "authorization_code" ? (token_endpoint ?? "") : url;

/** Scheme, host and port that a server's credential may be sent to. Of addresses that were checked. */
export const credentialOrigin = (settings: Pick<ServerSettings, "url" | "authentication">): string => originOfServer(addressOf(settings));

/** What it is sealed for: of another server, or for another origin, it does not open. */
export const serverPurpose = (settings: Pick<ServerSettings, "id" | "url" | "authentication">): VaultPurpose => ({
  label: "server",
  id: settings.id,
  origin: credentialOrigin(settings),
});

/** The text that is sealed. */
export const credentialText = (credential: ServerCredential): string => canonicalize(credential);

/** The credential in a text that was sealed; null if it is not of the kind, or not for the headers, that were signed for. */
export function readCredential(sealed: string, { kind, names = [] }: ServerAuthentication): ServerCredential | null {
  const json = parseJson(sealed);
  if (!json.ok || kind === "none") return null;
  const fitted = fit(SHAPES[kind], json.value);
  if (!fitted.ok) return null;
  const credential = fitted.value;
  if (credential.kind !== "headers") return credential;
  const given = credential.values.map(({ name }) => name).toSorted();
  return canonicalize(given) === canonicalize(names.toSorted()) ? credential : null;
}
