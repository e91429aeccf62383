/** How servers are drafted, added, changed and removed by admins, and how their credentials come and go. */
import type { Context } from "hono";
import { type ServerCredentialBody, serverBody, serverDraftBody } from "#api/servers/server-data.ts";
import { errorText, logLine } from "#config/log-line.ts";
import type { Authorisation } from "#countersign/documents/record.ts";
import { accept, type Result } from "#countersign/result.ts";
import { draftTools, draftToolsAgain } from "#gate/servers/accept-tools.ts";
import type { GivenServer } from "#gate/servers/check-server.ts";
import { draftCredential, draftServer, draftServerAgain, draftServerChange } from "#gate/servers/draft-server.ts";
import { failureCode, refreshServer } from "#gate/servers/note-listing.ts";
import { removeCredential, removeServer } from "#gate/servers/remove-server.ts";
import { addServer, changeServer } from "#gate/servers/sign-server.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { Failure } from "#rules/failure.ts";
import type { ServerCredential } from "#rules/calls/server-credential.ts";
import { serverFailure } from "./server-failures.ts";
import { serversAsTheyAre } from "./server-items.ts";

export const nameOf = (c: Context<App>): string => c.req.param("name") ?? "";

function credentialOf(given: ServerCredentialBody): ServerCredential | null {
  if (given === undefined || given === null) return null;
  if ("token" in given) return { kind: "bearer", token: given.token };
  if ("client_secret" in given) return { kind: "client_credentials", client_secret: given.client_secret };
  const values = Object.entries(given.headers).map(([name, value]) => ({ name: name.trim().toLowerCase(), value }));
  return { kind: "headers", values };
}

/** Members that are not said are left out: what is signed has no others. */
const withoutUndefined = <Given extends object>(given: Given) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Given]: Exclude<Given[Name], undefined>;
  };

type Asked = ReturnType<typeof serverDraftBody.parse>;

const wantedIn = ({ url, authentication, features = {}, limits = {} }: Extract<Asked, { draft: "add" | "change" }>): GivenServer => ({
  url,
  authentication: withoutUndefined(authentication),
  features: withoutUndefined(features),
  limits: withoutUndefined(limits),
});

/** `POST /admin/servers/statement`: what this admin has to sign. */
export async function draftServerStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, serverDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const drafted = await drafting(c, body.value);
  if (!drafted.ok) return problem(c, serverFailure(drafted.refusal));
  return answerStatement(c, drafted.value.statement);
}

async function drafting(c: Context<App>, asked: Asked) {
  const [ports, adminId] = [await c.var.ports.servers(), c.var.person.id];
  switch (asked.draft) {
    case "add":
      return draftServer(asked.name, wantedIn(asked), credentialOf(asked.credential), adminId, ports);
    case "change":
      return draftServerChange(asked.server, wantedIn(asked), credentialOf(asked.credential), adminId, ports);
    case "credential": {
      const credential = credentialOf(asked.credential);
      if (credential === null) throw new Error("a credential that was read is there");
      return draftCredential(asked.server, credential, adminId, ports);
    }
    case "tools":
      return draftTools(asked.server, asked.tools, adminId, ports);
    case "again": {
      const ofServer = await draftServerAgain(asked.operation, adminId, ports);
      return ofServer.ok ? ofServer : draftToolsAgain(asked.operation, adminId, ports);
    }
  }
}

/** `GET /api/v1/servers`: every server, and what lacks an admin's signature. */
export async function listEveryServer(c: Context<App>): Promise<Response> {
  const [{ vault }, servers] = await Promise.all([c.var.ports.servers(), serversAsTheyAre(c.env.DB, c.var.config, Date.now())]);
  return c.json({ ...servers, keeps_credentials: vault !== null });
}

/** `GET /api/v1/servers/{name}`. */
export async function showServer(c: Context<App>): Promise<Response> {
  const { items } = await serversAsTheyAre(c.env.DB, c.var.config, Date.now());
  const found = items.find(({ name }) => name === nameOf(c));
  return found === undefined ? problem(c, serverFailure({ reason: "unknown-server" })) : c.json(found);
}

export async function signaturesIn(c: Context<App>): Promise<Result<Authorisation[], Failure>> {
  const body = await readBody(c.req.raw, serverBody);
  return body.ok ? readAuthorisation(body.value.authorisation) : body;
}

/** Lists it, so that its tools are there to be looked at. What goes wrong is its health; nothing here depends on it. */
export async function listNow(c: Context<App>, name: string): Promise<Result<null, string> | null> {
  const ports = await c.var.ports.servers();
  try {
    const server = (await ports.serversInForce()).find(({ settings }) => settings.name === name);
    if (server === undefined) return null;
    const listed = await refreshServer(server, { ...ports, client: ports.clientOf(c.var.person.id) });
    if (listed.ok) {
      logLine("server-listed", { server: server.settings.id });
      return accept(null);
    }
    const code = failureCode(listed.refusal);
    logLine("server-not-listed", { server: server.settings.id, code, reason: listed.refusal.hop });
    return { ok: false, refusal: code };
  } catch (error) {
    logLine("servers-round-failed", { error: errorText(error) });
    return { ok: false, refusal: "unavailable" };
  }
}

/** `POST /api/v1/servers`: adds what admins have signed for; 202 if another has to sign. */
export async function makeServer(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const added = await addServer(signatures.value, c.var.person.id, await c.var.ports.servers());
  if (!added.ok) return problem(c, serverFailure(added.refusal));
  const { done, settings, signatures: count, required } = added.value;
  const { id, name } = settings;
  if (!done) return c.json({ id, name, signatures: count, required }, 202);
  logLine("server-added", { admin: c.var.person.id, server: id });
  await listNow(c, name);
  return c.json({ id, name }, 201);
}

/** `PUT /api/v1/servers/{name}` and `PUT …/credential`: changes it as admins have signed for; 202 if another has to sign. */
export async function putServer(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const changed = await changeServer(nameOf(c), signatures.value, c.var.person.id, await c.var.ports.servers());
  if (!changed.ok) return problem(c, serverFailure(changed.refusal));
  const { done, settings, signatures: count, required } = changed.value;
  const { id, name } = settings;
  if (!done) return c.json({ id, name, signatures: count, required }, 202);
  logLine("server-changed", { admin: c.var.person.id, server: id });
  await (await c.var.ports.servers()).tendGrants(id);
  await listNow(c, name);
  return c.json({ id, name });
}

/** `DELETE /api/v1/servers/{name}`: nothing of it may be used any more. Doing it again is as good. */
export async function dropServer(c: Context<App>): Promise<Response> {
  const removed = await removeServer(nameOf(c), c.var.person, await c.var.ports.servers());
  if (!removed.ok) return problem(c, serverFailure(removed.refusal));
  logLine("server-removed", { admin: c.var.person.id, server: removed.value.id });
  await (await c.var.ports.servers()).tendGrants(removed.value.id);
  return c.body(null, 204);
}

/** `DELETE /api/v1/servers/{name}/credential`: nothing is sent with it any more. Doing it again is as good. */
export async function dropCredential(c: Context<App>): Promise<Response> {
  const removed = await removeCredential(nameOf(c), await c.var.ports.servers());
  if (!removed.ok) return problem(c, serverFailure(removed.refusal));
  logLine("server-credential-removed", { admin: c.var.person.id, server: removed.value.id });
  return c.body(null, 204);
}
