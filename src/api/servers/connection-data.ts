/** What is taken and answered of servers that are called as somebody (OAuth): schemas, and the types that come from them. */
import * as z from "zod/mini";
import * as words from "#countersign/documents/words.ts";
import { type DocumentOf, fitting } from "../document.ts";
import { signatureCount } from "../people-data.ts";

const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const time = fitting(z.string(), words.time);
const named = z.looseObject({ id: z.string(), username: z.string() });

/** What an admin asks of a server before adding it; `register` also makes the gate known to the issuer. */
export const discoveryBody = z.strictObject({ url: text(2_048), issuer: z.optional(text(2_000)), register: z.optional(z.boolean()) });

/** Where the person's browser goes. */
export const begunConnection = z.looseObject({ authorization_url: z.string() });

export const connectedGrant = z.looseObject({ name: z.string() });
export const awaitingGrant = z.looseObject({ name: z.string(), ...signatureCount.shape });

export const grantDraftBody = z.strictObject({ server: text(100), grant: text(100) });
/** `signature` has the shape of formats.md's `account.connected`, which says everything else. */
export const ownGrantBody = z.strictObject({ signature: z.unknown() });

const grantItem = z.looseObject({
  id: z.string(),
  /** Whose agents call by it; null for all. */
  owner: z.nullable(z.string()),
  issuer: z.string(),
  /** Whom it acts as, in the issuer's words; null where it says nothing. */
  account: z.nullable(z.string()),
  /** Who was at the issuer. */
  made_by: named,
  made_at: time,
  /** Null while it waits to be signed for. */
  connected_at: z.nullable(time),
  /** Since when the issuer takes it no more. */
  refused_at: z.nullable(time),
  /** Whether the server is still as it was connected; if not, it is good for nothing. */
  serves: z.boolean(),
});
export type ServerGrantItem = DocumentOf<typeof grantItem>;

const connectableServer = z.looseObject({
  server: z.looseObject({ id: z.string(), name: z.string() }),
  url: z.string(),
  issuer: z.string(),
  scope: z.nullable(z.string()),
  grants: z.enum(["shared", "owner"]),
  /** That calls are made by; null for none. */
  connection: z.nullable(grantItem),
  /** What waits to be signed for. */
  waiting: z.array(grantItem),
  /** Other people's, for admins. */
  others: z.array(grantItem),
});
export type ConnectableServer = DocumentOf<typeof connectableServer>;

export const connectableServers = z.looseObject({ items: z.array(connectableServer), keeps_credentials: z.boolean() });
export type ConnectableServers = DocumentOf<typeof connectableServers>;
