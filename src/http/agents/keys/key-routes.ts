/** How admins have an agent's key replaced, and end one that was. */
import type { Context } from "hono";
import { agentKeyBody } from "#api/people-schemas.ts";
import { logLine } from "#config/log-line.ts";
import { endKey } from "#gate/agents/keys/end-key.ts";
import { rotateKey } from "#gate/agents/keys/rotate-key.ts";
import { readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { agentRoutesFailure } from "../agent-failures.ts";

/** `POST /api/v1/agents/{id}/keys`: another key, which admins have signed for. It is in this answer and nowhere else; 202 if another has to sign. */
export async function postAgentKey(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentKeyBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const agentId = c.req.param("id") ?? "";
  const { number, overlap_hours: overlapHours } = body.value;
  const rotation = { agentId, number, overlapHours };
  const rotated = await rotateKey(rotation, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!rotated.ok) return problem(c, agentRoutesFailure(rotated.refusal));
  if (!rotated.value.rotated) return c.json({ signatures: rotated.value.signatures, required: rotated.value.required }, 202);
  logLine("agent-key-rotated", { admin: c.var.person.id, agent: agentId });
  return c.json({ key: rotated.value.key, number: rotated.value.number, old_key_ends_at: rotated.value.endsAt }, 201);
}

/** `DELETE /api/v1/agents/{id}/keys/{key}`: ends one that was replaced, named by how it begins or by its number. Doing it again is as good. */
export async function dropAgentKey(c: Context<App>): Promise<Response> {
  const { id, username } = c.var.person;
  const agentId = c.req.param("id") ?? "";
  const ended = await endKey(agentId, c.req.param("key") ?? "", { id, username }, await c.var.ports.people());
  if (!ended.ok) return problem(c, agentRoutesFailure(ended.refusal));
  logLine("agent-key-ended", { admin: id, agent: agentId });
  return c.body(null, 204);
}
