/** How admins make, list and revoke connectors, and how a connector opens its line. */
import type { Context } from "hono";
import { connectorBody, connectorDraftBody } from "#api/connectors/connector-data.ts";
import { logLine } from "#config/log-line.ts";
import { apiKeyHash, isConnectorKey } from "#countersign/documents/api-key.ts";
import { createConnector, draftConnector, draftProposedConnector } from "#gate/connectors/create-connector.ts";
import { revokeConnector } from "#gate/connectors/revoke-connector.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import { connectorFailure } from "./connector-failures.ts";
import { connectorsAsTheyAre, proposedConnectors } from "./connector-items.ts";

/** `POST /admin/connectors/statement`: what this admin has to sign to make a connector, or the one that another admin signed for. */
export async function draftConnectorStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, connectorDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { name, server, id } = body.value;
  const ports = await c.var.ports.connectors();
  if (ports.lines === null) return problem(c, connectorFailure({ reason: "no-connectors" }));
  const adminId = c.var.person.id;
  if (id !== undefined) {
    const waiting = await proposedConnectors(c.env.DB, c.var.config.adminsRequired, ports.now());
    if (!waiting.some((one) => one.id === id && one.name === name && one.server === server))
      return problem(c, connectorFailure({ reason: "not-proposed" }));
  }
  const drafted =
    id === undefined
      ? await draftConnector({ name, server }, adminId, ports)
      : await draftProposedConnector({ id, name, server }, adminId, ports);
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, connectorFailure(drafted.refusal));
}

/** `POST /api/v1/connectors`: makes one that admins have signed for. The key is in this answer and nowhere else; 202 if another has to sign. */
export async function makeConnector(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, connectorBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const { name, server } = body.value;
  const made = await createConnector({ name, server }, c.var.person.id, authorisation.value, await c.var.ports.connectors());
  if (!made.ok) return problem(c, connectorFailure(made.refusal));
  if (!made.value.created) return c.json({ signatures: made.value.signatures, required: made.value.required }, 202);
  const { id, key } = made.value;
  logLine("connector-created", { person: c.var.person.id, connector: id });
  return c.json({ id, name, server, key }, 201);
}

/** `GET /api/v1/connectors`. */
export async function listEveryConnector(c: Context<App>): Promise<Response> {
  const { lines } = await c.var.ports.connectors();
  const stateOf = async (id: string) => (await lines?.state(id)) ?? { since: null, hasChild: false };
  return c.json(await connectorsAsTheyAre(c.env.DB, c.var.config.adminsRequired, Date.now(), stateOf));
}

/** `DELETE /api/v1/connectors/{id}`: ends one at once and for good. Doing it again is as good. */
export async function dropConnector(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const { person } = c.var;
  const revoked = await revokeConnector(id, person, await c.var.ports.connectors());
  if (!revoked.ok) return problem(c, connectorFailure(revoked.refusal));
  logLine("connector-revoked", { person: person.id, connector: id });
  return c.body(null, 204);
}

/** The key in `Authorization`; null for anything that has not its form, before any database is read. */
function keyIn(headers: Headers): string | null {
  const key = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  return isConnectorKey(key) ? key : null;
}

/** `GET /api/v1/connectors/{name}/line`, by the connector itself: its line if it asks for a WebSocket; else only whose key it is. */
export async function connectorLine(c: Context<App>): Promise<Response> {
  const key = keyIn(c.req.raw.headers);
  const ports = await c.var.ports.connectors();
  const found = key === null ? null : await ports.connectorOfKey(apiKeyHash(key));
  if (found === null || found.name !== c.req.param("name")) return problem(c, connectorFailure({ reason: "unknown-key" }));
  if (ports.lines === null) return problem(c, connectorFailure({ reason: "no-connectors" }));
  const { id, name, server } = found;
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") return c.json({ id, name, server });
  const socket = await ports.lines.open(id);
  if (socket === "too-often") return problem(c, connectorFailure({ reason: "opened-too-often" }));
  // Since it was looked up: its object knows.
  if (socket === "revoked") return problem(c, connectorFailure({ reason: "unknown-key" }));
  logLine("connector-connected", { connector: id });
  return new Response(null, { status: 101, webSocket: socket });
}
