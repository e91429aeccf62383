/** How people connect servers to their accounts at the issuers of these, sign for it, and end it. */
import type { Context } from "hono";
import { discoveryBody, grantDraftBody, ownGrantBody } from "#api/servers/connection-data.ts";
import { logLine } from "#config/log-line.ts";
import { ownSignatureShape } from "#countersign/documents/record.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { beginConnection, finishConnection } from "#gate/servers/connections/connect-server.ts";
import { isAdmin } from "#gate/servers/connections/connections.ts";
import { disconnect } from "#gate/servers/connections/disconnect.ts";
import { draftOwn, draftShared, signOwn, signShared } from "#gate/servers/connections/sign-connection.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { sessionOfRequest } from "#http/middleware/session-cookie.ts";
import { pagePerson } from "#http/pages.tsx";
import { checkDocument, readBody } from "#http/read-body.ts";
import { answerStatement } from "#http/signatures/admin-signature.ts";
import { ConnectionsPage, NotConnectedPage } from "#pages/servers/connections-page.tsx";
import { redirectFor, redirectOf } from "#rules/calls/connections/server-grants.ts";
import { standingCredentialsOf } from "#storage/people.ts";
import { connectFailure, discoveryFailure, signFailure } from "./connection-failures.ts";
import { connectableFor } from "./connection-items.ts";
import { listNow, nameOf, signaturesIn } from "./server-routes.ts";

/** `POST /admin/servers/discovery`: what a server and its issuer say, and the gate as that knows it. Nothing is kept. */
export async function postDiscovery(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, discoveryBody);
  if (!body.ok) return problem(c, body.refusal);
  const { url, issuer, register = false } = body.value;
  const ports = await c.var.ports.connections();
  const found = await ports.discover(url, issuer ?? null);
  if (!found.ok) return problem(c, discoveryFailure(found.refusal));
  const { tokenAuths: _, namesItself, takesMetadataAddress: __, ...said } = found.value;
  const redirect = redirectFor(namesItself);
  const told = { ...said, redirect, redirect_uri: redirectOf(c.var.config.origin, { issuer: said.issuer, redirect }) };
  if (!register) return c.json({ ...told, client: null });
  const client = await ports.registerClient(found.value);
  return client.ok ? c.json({ ...told, client: client.value }) : problem(c, discoveryFailure(client.refusal));
}

/** `GET /oauth/client.json`: what the gate says of itself to issuers that know clients by an address. */
export async function clientDocument(c: Context<App>): Promise<Response> {
  const ports = await c.var.ports.connections();
  return c.json(ports.clientDocument());
}

/** `POST /api/v1/servers/{name}/connect`: where the person goes to give the gate leave. */
export async function postConnect(c: Context<App>): Promise<Response> {
  const session = sessionOfRequest(c);
  if (session === null) throw new Error("whoever is let in has a session");
  const begun = await beginConnection(nameOf(c), c.var.person, session, await c.var.ports.connections());
  if (!begun.ok) return problem(c, connectFailure(begun.refusal));
  logLine("server-connecting", { person: c.var.person.id });
  return c.json({ authorization_url: begun.value.authorizationUrl });
}

/** `GET /oauth/callback`, and `/oauth/callback/{issuer}` of one that has an address of its own: where issuers send people back to. What came of it waits to be signed for. */
export async function oauthCallback(c: Context<App>): Promise<Response> {
  const session = sessionOfRequest(c);
  if (session === null) throw new Error("whoever is let in has a session");
  const asked = (name: string): string | null => c.req.query(name) ?? null;
  const back = {
    state: asked("state"),
    code: asked("error") === null ? asked("code") : null,
    iss: asked("iss"),
    place: c.req.param("issuer") ?? null,
  };
  const finished = await finishConnection(back, c.var.person, session, await c.var.ports.connections());
  if (finished.ok) return c.redirect(`/account/servers?server=${finished.value.serverName}`, 303);
  const failure = connectFailure(finished.refusal);
  c.set("refusal", failure);
  return c.html(<NotConnectedPage message={failure.message} code={failure.code} person={pagePerson(c.var.person)} />, 400);
}

/** `GET /account/servers`. */
export async function connectionsPage(c: Context<App>): Promise<Response> {
  const [items, { vault }] = await Promise.all([connectableFor(c.env.DB, c.var.person, Date.now()), c.var.ports.connections()]);
  return c.html(
    <ConnectionsPage
      person={pagePerson(c.var.person)}
      own={{ items, keeps_credentials: vault !== null }}
      asked={c.req.query("server") ?? null}
    />,
  );
}

/** `GET /api/v1/me/servers`. */
export async function listOwnServers(c: Context<App>): Promise<Response> {
  const [items, { vault }] = await Promise.all([connectableFor(c.env.DB, c.var.person, Date.now()), c.var.ports.connections()]);
  return c.json({ items, keeps_credentials: vault !== null });
}

/** `POST /admin/servers/connections/statement`: what this admin has to sign for what all agents share. */
export async function draftSharedGrant(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, grantDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { server, grant } = body.value;
  const drafted = await draftShared(server, grant, c.var.person.id, await c.var.ports.connections());
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, signFailure(drafted.refusal));
}

/** `POST /api/v1/servers/{name}/grants`: all agents call by it from now on; 202 if another admin has to sign. */
export async function postGrant(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const signed = await signShared(nameOf(c), signatures.value, c.var.person.id, await c.var.ports.connections());
  if (!signed.ok) return problem(c, signFailure(signed.refusal));
  const { done, signatures: count, required } = signed.value;
  if (!done) return c.json({ name: nameOf(c), signatures: count, required }, 202);
  return connected(c);
}

/** `POST /account/servers/statement`: what the person has to sign for their own agents. */
export async function draftOwnGrant(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, grantDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { server, grant } = body.value;
  const drafted = await draftOwn(server, grant, c.var.person, await c.var.ports.connections());
  if (!drafted.ok) return problem(c, signFailure(drafted.refusal));
  const credentials = await standingCredentialsOf(c.env.DB, c.var.person.id);
  return c.json({ statement: drafted.value, credentials, rp_id: c.var.config.rpId });
}

/** `POST /api/v1/me/servers/{name}/grants`: the person's agents call by it from now on. */
export async function postOwnGrant(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, ownGrantBody);
  if (!body.ok) return problem(c, body.refusal);
  const signature = checkDocument(ownSignatureShape, body.value.signature as JsonValue, "signature");
  if (!signature.ok) return problem(c, signature.refusal);
  const signed = await signOwn(nameOf(c), signature.value, c.var.person, await c.var.ports.connections());
  return signed.ok ? connected(c) : problem(c, signFailure(signed.refusal));
}

/** Listed at once to an admin, so that its tools are there to be looked at; what it lists to anybody else changes nothing for the others. */
async function connected(c: Context<App>): Promise<Response> {
  logLine("server-connected", { person: c.var.person.id });
  if (isAdmin(c.var.person)) await listNow(c, nameOf(c));
  return c.json({ name: nameOf(c) }, 201);
}

/** `DELETE /api/v1/servers/{name}/grants/{id}`: nothing is called by it any more, and it is given back to the issuer. */
export async function dropServerGrant(c: Context<App>): Promise<Response> {
  const ended = await disconnect(nameOf(c), c.req.param("id") ?? "", c.var.person, await c.var.ports.connections());
  if (!ended.ok) return problem(c, signFailure(ended.refusal));
  logLine("server-disconnected", { person: c.var.person.id });
  return c.body(null, 204);
}
