/** What people let pass without being asked again: listed, and revoked. */
import type { Context } from "hono";
import { grantsQuery } from "#api/grants/grant-data.ts";
import { checkInput } from "#api/check-input.ts";
import { logLine } from "#config/log-line.ts";
import { revokeGrant } from "#gate/grants/revoke-grant.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { grantFailure } from "./grant-failures.ts";
import { grantsFor } from "./grant-items.ts";

/** `GET /api/v1/grants?agent=&state=&q=&cursor=`: the newest first. */
export async function listOfGrants(c: Context<App>): Promise<Response> {
  const query = checkInput(grantsQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const found = await grantsFor(c, query.value);
  return found.ok ? c.json(found.value) : problem(c, grantFailure(found.refusal));
}

/** `DELETE /api/v1/grants/{id}`. Doing it again is as good. */
export async function dropGrant(c: Context<App>): Promise<Response> {
  const { id, username, roles } = c.var.person;
  const grant = c.req.param("id") ?? "";
  const revoked = await revokeGrant(grant, { id, username, isAdmin: roles.includes("admin") }, await c.var.ports.grants());
  if (!revoked.ok) return problem(c, grantFailure(revoked.refusal));
  logLine("grant-revoked", { person: id });
  return c.body(null, 204);
}
