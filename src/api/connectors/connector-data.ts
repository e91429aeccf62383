/** What `/api/v1/connectors` takes and answers: schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { described, type DocumentOf, fitting } from "../document.ts";
import { proposedSignatures } from "../people-data.ts";

const name = z.string().check(z.maxLength(100));
const connectorId = z.string().check(z.regex(/^con_[A-Za-z0-9_-]{22}$/, "connector id"));
const authorisation = z.array(z.unknown());

/** With the id of one that another admin has signed for: that one. */
export const connectorDraftBody = z.strictObject({ name, server: name, id: z.optional(connectorId) });
export const connectorBody = z.strictObject({ name, server: name, authorisation });

const time = fitting(z.string(), words.time);
const known = { id: z.string(), name: z.string(), server: z.string() };

export const connectorItem = z.looseObject({
  ...known,
  server: described(z.string(), "The name of the one server that may be reached over it."),
  address: described(z.string(), "What that server's address is: “connector:” and the id."),
  created_at: time,
  revoked_at: z.nullable(time),
  connected_since: described(z.nullable(time), "Null if nobody is connected, or it cannot be known now."),
  serves: described(z.boolean(), "Whether a server runs at the other end."),
});
export type ConnectorItem = DocumentOf<typeof connectorItem>;

export const proposedConnector = z.looseObject({ ...known, ...proposedSignatures, expires_at: time });
export type ProposedConnector = DocumentOf<typeof proposedConnector>;
export const connectorList = z.looseObject({ items: z.array(connectorItem), waiting: z.array(proposedConnector) });
export const madeConnector = z.looseObject({ ...known, key: z.string() });
/** What a connector hears of itself. */
export const ownConnector = z.looseObject(known);
