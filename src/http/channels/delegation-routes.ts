/** Out of office: who is told in the place of the person who is signed in. */
import type { Context } from "hono";
import { delegationBody, delegationDraftBody } from "#api/notifications/notification-schemas.ts";
import { logLine } from "#config/log-line.ts";
import { ownSignatureShape } from "#countersign/documents/record.ts";
import type { JsonValue } from "#countersign/json/canonical-json.ts";
import { draftDelegation, endDelegation, giveDelegation } from "#gate/channels/give-delegation.ts";
import { refuse } from "#countersign/result.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { checkDocument, readBody } from "#http/read-body.ts";
import { personById, standingCredentialsOf } from "#storage/people.ts";
import { delegationFailure, delegationOfFailure } from "./notification-failures.ts";

/** `POST /account/delegations/statement`: what the person has to sign, and with which passkeys. */
export async function draftOwnDelegation(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, delegationDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const drafted = await draftDelegation(c.var.person, body.value, await c.var.ports.notifications());
  if (!drafted.ok) return problem(c, delegationFailure(drafted.refusal));
  const credentials = await standingCredentialsOf(c.env.DB, c.var.person.id);
  return c.json({ statement: drafted.value, credentials, rp_id: c.var.config.rpId });
}

/** `POST /api/v1/me/delegations`: the statement says all of it. */
export async function postDelegation(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, delegationBody);
  if (!body.ok) return problem(c, body.refusal);
  const signature = checkDocument(ownSignatureShape, body.value.signature as JsonValue, "signature");
  if (!signature.ok) return problem(c, signature.refusal);
  const given = await giveDelegation(c.var.person, signature.value, await c.var.ports.notifications());
  if (!given.ok) return problem(c, delegationFailure(given.refusal));
  logLine("delegation-given", { person: c.var.person.id });
  return c.json(given.value, 201);
}

/** `DELETE /api/v1/me/delegations/{id}`: at once, and nobody signs, since it only brings back what was theirs. */
export async function dropDelegation(c: Context<App>): Promise<Response> {
  const ended = await endDelegation(c.var.person, c.req.param("id") ?? "", c.var.person, await c.var.ports.notifications());
  if (!ended.ok) return problem(c, delegationFailure(ended.refusal));
  logLine("delegation-ended", { person: c.var.person.id });
  return c.body(null, 204);
}

/** `DELETE /api/v1/people/{id}/delegations/{delegation}`: an admin ends somebody's, who is told again what is theirs. */
export async function dropDelegationOf(c: Context<App>): Promise<Response> {
  const person = await personById(c.env.DB, c.req.param("id") ?? "");
  const delegation = c.req.param("delegation") ?? "";
  const ended =
    person === null
      ? refuse({ reason: "unknown-delegation" as const })
      : await endDelegation(person, delegation, c.var.person, await c.var.ports.notifications());
  if (!ended.ok) return problem(c, delegationOfFailure(ended.refusal));
  logLine("delegation-ended", { admin: c.var.person.id, person: person?.id ?? "" });
  return c.body(null, 204);
}
