/** Readers for the documents whose schemas are server-data.ts, for the script of the servers' page, as people-shapes.ts is for others. */
import { anyObject, boolean, list, nullable, object, oneOf, type Shape, text } from "#countersign/json/shape.ts";
import { signedForServerShape } from "#countersign/documents/record.ts";
import { count, hash, serverId } from "#countersign/documents/words.ts";

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
