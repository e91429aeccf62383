/** Readers for the documents whose schemas are server-data.ts, for the script of the servers' page, as people-shapes.ts is for others. */
import { anyObject, boolean, list, nullable, object, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import { signedForServerShape } from "#countersign/documents/servers/signed-server.ts";
import { count, hash, serverGrantId, serverId } from "#countersign/documents/words.ts";

const defined = object({ name: text(1), definition: anyObject });

/** The id of the data block of `/admin/servers`, and what is in it: what can be changed and signed for there. */
export const SERVERS_BLOCK_ID = "servers-data";
export const serversBlockShape = object({
  servers: list(signedForServerShape),
  /** Of the server whose tools are shown: as it lists them, and as they were accepted. Pins are made of these, where they are signed. */
  tools: nullable(object({ server: object({ id: serverId, name: text(1) }), listed: list(defined), accepted: list(defined) })),
  waiting: list(
    object({
      operation: hash,
      change: oneOf("server.added", "server.changed", "tools.accepted"),
      id: serverId,
      name: text(1),
      settings: nullable(signedForServerShape),
      tools: nullable(list(defined)),
    }),
  ),
});

const made = { id: serverId, name: text(1) };
/** What was signed for is there; or how many admins have signed. */
export const signedServerShape: Shape<{ id: string; name: string; signatures?: number }> = (value, path) =>
  Object.hasOwn(anyObject(value, path), "signatures")
    ? object({ ...made, signatures: count, required: count })(value, path)
    : object(made)(value, path);
export const refreshedServerShape = object({ listed: boolean, code: nullable(text(1)) });

/** The id of the data block of `/account/servers`, and what is in it: what can be signed for there. */
export const CONNECTIONS_BLOCK_ID = "connections-data";
export const connectionsBlockShape = list(
  object({
    server: object({ id: serverId, name: text(1) }),
    grants: oneOf("shared", "owner"),
    waiting: list(object({ id: serverGrantId, issuer: text(1), account: nullable(text(1)), username: text(1) })),
  }),
);
/** It is connected, or how many admins have signed. */
export const signedGrantShape: Shape<{ name: string; signatures?: number }> = (value, path) =>
  Object.hasOwn(anyObject(value, path), "signatures")
    ? object({ name: text(1), signatures: count, required: count })(value, path)
    : object({ name: text(1) })(value, path);
export const begunConnectionShape = object({ authorization_url: text(1) });
export const discoveredShape = object({
  issuer: text(1),
  authorization_endpoint: text(1),
  token_endpoint: text(1),
  registration_endpoint: nullable(text(1)),
  revocation_endpoint: nullable(text(1)),
  resource: text(1),
  scope: nullable(text(1)),
  redirect: oneOf("issuer", "shared"),
  redirect_uri: text(1),
  client: nullable(object({ client_id: text(1), client_secret: nullable(text(1)), token_auth: oneOf("none", "basic", "post") })),
});
