/** An MCP server behind the gate as admins sign for it, and what people gave the gate leave for there (docs/formats.md, "Record"). */
import { boolean, integer, list, nullable, object, objectWith, oneOf, type Of, text } from "../../json/shape.ts";
import { hash, serverGrantId, serverId, serverName } from "../words.ts";

/** How the gate shows a server who it is. `credential_hash` is of the sealed credential, null where there is none yet. */
const authentication = objectWith(
  { kind: oneOf("none", "bearer", "headers", "client_credentials", "authorization_code"), credential_hash: nullable(hash) },
  {
    /** Of `headers`: which ones hold the credential. */
    names: list(text(1, 100), 1, 10),
    /** Of `client_credentials` (RFC 6749, 4.4): where the token is had, for whom and for what (RFC 8707). */
    token_endpoint: text(1, 2_000),
    client_id: text(1, 500),
    scope: text(1, 1_000),
    resource: text(1, 2_000),
    /** Of `authorization_code` (RFC 6749, 4.1) besides: who gives tokens, where people say yes, and whether all agents act as one person. */
    issuer: text(1, 2_000),
    authorization_endpoint: text(1, 2_000),
    revocation_endpoint: text(1, 2_000),
    registration_endpoint: text(1, 2_000),
    token_auth: oneOf("none", "basic", "post"),
    grants: oneOf("shared", "owner"),
    /** Where people come back to: an address of this issuer's alone, or the one for all that name themselves (RFC 9207). Not said before. */
    redirect: oneOf("issuer", "shared"),
  },
);
/** What of the protocol passes besides tools, and what a server may ask of an agent's client. What is not said is off; `sessions` is `own`. */
const features = objectWith(
  {},
  {
    resources: boolean,
    prompts: boolean,
    completion: boolean,
    sampling: boolean,
    url_elicitation: boolean,
    elicitation: boolean,
    roots: boolean,
    sessions: oneOf("own", "any"),
  },
);
/** Of a server's calls: seconds, and bytes of an answer. What is not said is as the gate has it. */
const serverLimits = objectWith({}, { seconds: integer(1, 600), result_bytes: integer(1, 67_108_864) });
/** An MCP server behind the gate, as admins sign for it. */
export const signedForServerShape = object({
  id: serverId,
  name: serverName,
  url: text(1, 2_000),
  authentication,
  features,
  limits: serverLimits,
});
export type SignedForServer = Of<typeof signedForServerShape>;
/** Leave to act at a server, as its issuer gave it to somebody. `account`: whom it acts as, in the issuer's words; null where they say nothing. */
export const serverGrantShape = object({ id: serverGrantId, issuer: text(1, 2_000), account: nullable(text(1, 200)) });
