/** What admins do with people: see them, confirm their passkeys, change what they are, and revoke. */
import type { Context } from "hono";
import { checkInput } from "#api/check-input.ts";
import { peopleQuery } from "#api/people/person-data.ts";
import { changeRoles, draftRoleChange } from "#gate/people/change-roles.ts";
import { confirmPasskey, draftConfirmation } from "#gate/people/confirm-passkey.ts";
import { revokePasskey } from "#gate/people/revoke-passkey.ts";
import { mayRevokePasskey } from "#gate/people/standing.ts";
import type { SignatureProgress } from "#gate/signatures/signed-change.ts";
import { logLine } from "#config/log-line.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { passkeyFailure, peopleFailure, standingFailure } from "./people-failures.ts";
import { confirmBody, peopleDraftBody, rolesBody } from "#api/people-schemas.ts";
import { everybodyOf, peopleListOf } from "./people-list.ts";
import { personDetailOf } from "./person-items.ts";
import { readBody } from "#http/read-body.ts";

/** `GET /api/v1/people?q=&role=&cursor=`: everybody by username, or a page of those who are like what is asked for; and everything that waits. */
export async function listPeople(c: Context<App>): Promise<Response> {
  const query = checkInput(peopleQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  if (Object.keys(query.value).length === 0) return c.json(await everybodyOf(c));
  const found = await peopleListOf(c, query.value);
  return found.ok ? c.json(found.value) : problem(c, peopleFailure(found.refusal));
}

/** `GET /api/v1/people/{id}`. */
export async function showPerson(c: Context<App>): Promise<Response> {
  const detail = await personDetailOf(c, c.req.param("id") ?? "");
  return detail === null ? problem(c, peopleFailure({ reason: "unknown-person" })) : c.json(detail);
}

/** `POST /admin/people/statement`: what this admin has to sign to confirm a passkey, or to change what somebody is. */
export async function draftPeopleStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, peopleDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const ports = await c.var.ports.people();
  const asked = body.value;
  const drafted =
    asked.operation === "passkey.enrolled"
      ? await draftConfirmation(asked.credential_id, c.var.person.id, ports)
      : await draftRoleChange({ personId: asked.person, roles: asked.roles, groups: asked.groups }, c.var.person.id, ports);
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, standingFailure(drafted.refusal));
}

/** 202 with how many have signed, as long as another admin has to. */
const awaiting = (c: Context<App>, { signatures, required }: SignatureProgress): Response => c.json({ signatures, required }, 202);

/** `POST /api/v1/people/{id}/passkeys/{credential_id}/confirm`: from then on the passkey signs in and decides. */
export async function confirm(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, confirmBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const which = passkeyOf(c);
  const confirmed = await confirmPasskey(which, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!confirmed.ok) return problem(c, standingFailure(confirmed.refusal));
  if (!confirmed.value.done) return awaiting(c, confirmed.value);
  logLine("passkey-confirmed", { admin: c.var.person.id, person: which.personId });
  return c.json({ confirmed: true });
}

/** `PUT /api/v1/people/{id}/roles`: what the person is from now on. */
export async function putRoles(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, rolesBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const { roles, groups } = body.value;
  const standing = { personId: c.req.param("id") ?? "", roles, groups };
  const changed = await changeRoles(standing, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!changed.ok) return problem(c, standingFailure(changed.refusal));
  if (!changed.value.done) return awaiting(c, changed.value);
  logLine("role-changed", { admin: c.var.person.id, person: standing.personId });
  return c.json({ roles, groups });
}

/** `DELETE /api/v1/people/{id}/passkeys/{credential_id}`: by an admin, or by whose it is. Doing it again is as good. */
export async function revoke(c: Context<App>): Promise<Response> {
  const which = passkeyOf(c);
  if (!mayRevokePasskey(c.var.person, which.personId)) return problem(c, passkeyFailure({ reason: "role-missing" }));
  const revoked = await revokePasskey(which, await c.var.ports.people());
  if (!revoked.ok) return problem(c, passkeyFailure(revoked.refusal));
  logLine(`passkey-${revoked.value}`, { admin: c.var.person.id, person: which.personId });
  return c.body(null, 204);
}

const passkeyOf = (c: Context<App>) => ({ personId: c.req.param("id") ?? "", credentialId: c.req.param("credential") ?? "" });
