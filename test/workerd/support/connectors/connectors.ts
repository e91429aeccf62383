/** Connectors as the page of admins makes them, and one that is put there as the batch that makes one does. */
import { env } from "cloudflare:workers";
import { apiKeyHash, connectorKeyFrom } from "#countersign/documents/api-key.ts";
import type { AdminStatement } from "#countersign/documents/ceremony.ts";
import { given } from "../invited.ts";
import { authorise, call, type Call, type Someone } from "../people.ts";

export interface MadeConnector {
  id: string;
  name: string;
  server: string;
  key: string;
}

export const askConnectorDraft = ({ cookie }: Someone, body: object, settings: Call = {}): Promise<Response> =>
  call("POST", "/admin/connectors/statement", { cookie, body, ...settings });

/** What this admin has to sign. */
export const draftOfConnector = async (admin: Someone, body: object, settings: Call = {}): Promise<AdminStatement> =>
  (await given<{ statement: AdminStatement }>(await askConnectorDraft(admin, body, settings))).statement;

export async function signConnector(admin: Someone, name: string, server: string, settings: Call = {}): Promise<Response> {
  const authorisation = await authorise(admin.passkey, await draftOfConnector(admin, { name, server }, settings));
  return call("POST", "/api/v1/connectors", { cookie: admin.cookie, body: { name, server, authorisation }, ...settings });
}

export const makeConnector = async (admin: Someone, name: string, server: string): Promise<MadeConnector> =>
  given<MadeConnector>(await signConnector(admin, name, server), 201);

export const revokeConnector = ({ cookie }: Someone, id: string): Promise<Response> =>
  call("DELETE", `/api/v1/connectors/${id}`, { cookie });

/** One that stands, in no log, made by whoever is there. */
export async function putConnector(name: string, server: string): Promise<MadeConnector> {
  const id = `con_${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;
  const key = connectorKeyFrom(crypto.getRandomValues(new Uint8Array(64)));
  await env.DB.prepare(
    `INSERT INTO connector (id, name, server, key_hash, maker, created_at, leaf_index)
     SELECT ?1, ?2, ?3, ?4, id, '2026-11-29T00:00:00.000Z', 0 FROM person LIMIT 1`,
  )
    .bind(id, name, server, apiKeyHash(key))
    .run();
  return { id, name, server, key };
}
