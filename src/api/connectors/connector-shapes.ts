/** Readers for the documents whose schemas are connector-data.ts, for the script of the connectors' page. */
import { anyObject, list, nullable, object, type Of, type Shape, text } from "#countersign/json/shape.ts";
import { connectorId, count, personId, serverName, time } from "#countersign/documents/words.ts";

const known = { id: connectorId, name: serverName, server: serverName };

/** What is read of the list again after an answer was lost. */
export const connectorsShape = object({
  items: list((value, path) => {
    const { id, revoked_at: revokedAt } = anyObject(value, path);
    return object({ id: connectorId, revoked_at: nullable(time) })({ id: id ?? null, revoked_at: revokedAt ?? null }, path);
  }),
  waiting: list((value, path) => {
    const { id, operation, signed_by: signedBy } = anyObject(value, path);
    const some = { id: id ?? null, operation: operation ?? null, signed_by: signedBy ?? null };
    return object({ id: connectorId, operation: text(1), signed_by: list(personId) })(some, path);
  }),
});
const created = object({ ...known, key: text(1) });
export type ShownConnector = Of<typeof created>;
/** The new connector, or how many of the admins who must have signed for it. */
export const createdConnectorShape: Shape<ShownConnector | { signatures: number; required: number }> = (value, path) =>
  Object.hasOwn(anyObject(value, path), "signatures") ? object({ signatures: count, required: count })(value, path) : created(value, path);
export const signedConnectorShape = object({ connector: object(known) });
