/** Erasing a person: what an admin has to sign for it, and the signatures. */
import type { Context } from "hono";
import { erasureBody, erasureDraftBody } from "#api/people-schemas.ts";
import { logLine } from "#config/log-line.ts";
import { draftErasure, erasePerson } from "#gate/erasure/erase-person.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import { erasureFailure } from "./erasure-failures.ts";

/** `POST /admin/people/erasure/statement`: what this admin has to sign to erase somebody. */
export async function draftErasureStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, erasureDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const drafted = await draftErasure(body.value.person, c.var.person.id, await c.var.ports.people());
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, erasureFailure(drafted.refusal));
}

/** `POST /api/v1/people/{id}/erasure`: from then on what names the person is gone, or goes with the next rounds of the cron. */
export async function postErasure(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, erasureBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const personId = c.req.param("id") ?? "";
  const erased = await erasePerson(personId, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!erased.ok) return problem(c, erasureFailure(erased.refusal));
  const { done, signatures, required } = erased.value;
  if (!done) return c.json({ signatures, required }, 202);
  logLine("person-erased", { admin: c.var.person.id, person: personId });
  return c.json({ erased: true });
}
