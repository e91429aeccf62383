/** How tools of servers are looked at, listed again, and accepted by admins. */
import type { Context } from "hono";
import { logLine } from "#config/log-line.ts";
import { acceptTools } from "#gate/servers/accept-tools.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { serverFailure } from "./server-failures.ts";
import { listNow, nameOf, signaturesIn } from "./server-routes.ts";
import { toolsAsTheyAre } from "./tool-items.ts";

/** `GET /api/v1/servers/{name}/tools`. */
export async function listTools(c: Context<App>): Promise<Response> {
  const found = await toolsAsTheyAre(c.env.DB, nameOf(c));
  if (found === null) return problem(c, serverFailure({ reason: "unknown-server" }));
  const { server, policy, items } = found;
  return c.json({ server: { id: server.server.id, name: server.server.name }, listed_at: server.health?.listedAt ?? null, policy, items });
}

/** `POST /api/v1/servers/{name}/tools`: just these may be used, as admins have signed for; 202 if another has to sign. */
export async function postTools(c: Context<App>): Promise<Response> {
  const signatures = await signaturesIn(c);
  if (!signatures.ok) return problem(c, signatures.refusal);
  const accepted = await acceptTools(nameOf(c), signatures.value, c.var.person.id, await c.var.ports.servers());
  if (!accepted.ok) return problem(c, serverFailure(accepted.refusal));
  const { done, server, signatures: count, required } = accepted.value;
  const { id, name } = server.settings;
  if (!done) return c.json({ id, name, signatures: count, required }, 202);
  logLine("tools-accepted", { admin: c.var.person.id, server: id });
  return c.json({ id, name });
}

/** `POST /api/v1/servers/{name}/tools/refresh`: lists it now. */
export async function postRefresh(c: Context<App>): Promise<Response> {
  const listed = await listNow(c, nameOf(c));
  if (listed === null) return problem(c, serverFailure({ reason: "unknown-server" }));
  return c.json({ listed: listed.ok, code: listed.ok ? null : listed.refusal });
}
