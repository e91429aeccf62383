/** How admins make, list, change and revoke agents. */
import type { Context } from "hono";
import type * as z from "zod/mini";
import { changeAgent, draftAgentChange } from "#gate/agents/change-agent.ts";
import { createAgent, draftAgent, draftProposedAgent } from "#gate/agents/create-agent.ts";
import { draftKeyRotation } from "#gate/agents/keys/rotate-key.ts";
import { draftRelease } from "#gate/agents/release-stop.ts";
import { revokeAgent } from "#gate/agents/revoke-agent.ts";
import { logLine } from "#config/log-line.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { App } from "#http/context.ts";
import type { PeoplePorts } from "#http/ports.ts";
import { problem } from "#http/failures.ts";
import { agentRoutesFailure } from "./agent-failures.ts";
import { agentBody, agentChangeBody, agentChangeDraftBody, agentDraftBody } from "#api/people-schemas.ts";
import { agentsAsTheyAre, proposedAround } from "./agent-items.ts";
import { agentsPageOf } from "./agent-page-of.ts";
import { agentsQuery } from "#api/agents/agent-data.ts";
import { checkInput } from "#api/check-input.ts";
import { readBody } from "#http/read-body.ts";

/** `POST /admin/agents/statement`: what this admin has to sign to make an agent of that name, or the one that another admin signed for. */
export async function draftAgentStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const { name, id } = body.value;
  const ports = await c.var.ports.people();
  if (id === undefined) {
    const drafted = await draftAgent(name, c.var.person.id, ports);
    return drafted.ok ? answerStatement(c, drafted.value) : problem(c, agentRoutesFailure(drafted.refusal));
  }
  const { waiting } = await proposedAround(c.env.DB, c.var.config.adminsRequired, ports.now());
  const agent = waiting.find((one) => one.id === id && one.name === name);
  if (agent === undefined) return problem(c, agentRoutesFailure({ reason: "not-proposed" }));
  const drafted = await draftProposedAgent({ id, name, owner: agent.owner }, c.var.person.id, ports);
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, agentRoutesFailure(drafted.refusal));
}

/** `POST /api/v1/agents`: makes an agent that admins have signed for. The key is in this answer and nowhere else; 202 if another has to sign. */
export async function makeAgent(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const made = await createAgent(body.value.name, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!made.ok) return problem(c, agentRoutesFailure(made.refusal));
  if (!made.value.created) return c.json({ signatures: made.value.signatures, required: made.value.required }, 202);
  const { id, name, key } = made.value;
  logLine("agent-created", { person: c.var.person.id, agent: id });
  return c.json({ id, name, key }, 201);
}

/** `GET /api/v1/agents`: every agent, revoked ones too, or a page of those that are like what is asked for; and what lacks an admin's signature. */
export async function listAgents(c: Context<App>): Promise<Response> {
  const query = checkInput(agentsQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const { adminsRequired } = c.var.config;
  if (Object.keys(query.value).length === 0) {
    const { items, proposed } = await agentsAsTheyAre(c.env.DB, adminsRequired, Date.now());
    return c.json({ items, ...proposed });
  }
  const page = await agentsPageOf(c.env.DB, query.value, adminsRequired, Date.now());
  if (!page.ok) return problem(c, agentRoutesFailure(page.refusal));
  const { items, proposed, next } = page.value;
  return c.json({ items, ...proposed, ...(next !== null && { next_cursor: next }) });
}

/** `POST /admin/agents/changes/statement`: what this admin has to sign to change an agent's groups, to release a stop, or to replace a key. */
export async function draftAgentChangeStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentChangeDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const ports = await c.var.ports.people();
  const asked = body.value;
  const drafted = await draftChange(asked, c.var.person.id, ports);
  return drafted.ok ? answerStatement(c, drafted.value) : problem(c, agentRoutesFailure(drafted.refusal));
}

function draftChange(asked: z.infer<typeof agentChangeDraftBody>, adminId: string, ports: PeoplePorts) {
  switch (asked.operation) {
    case "agent.changed":
      return draftAgentChange({ agentId: asked.agent, name: asked.name, groups: asked.groups }, adminId, ports);
    case "stop.released":
      return draftRelease(asked.agent, adminId, ports);
    case "agent.key_rotated":
      return draftKeyRotation({ agentId: asked.agent, overlapHours: asked.overlap_hours }, adminId, ports);
  }
}

/** `PUT /api/v1/agents/{id}`: the groups that the agent is in from now on, and what it is called if that is said. */
export async function putAgent(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentChangeBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = readAuthorisation(body.value.authorisation);
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const { name, groups } = body.value;
  const agentId = c.req.param("id") ?? "";
  const changed = await changeAgent({ agentId, name, groups }, c.var.person.id, authorisation.value, await c.var.ports.people());
  if (!changed.ok) return problem(c, agentRoutesFailure(changed.refusal));
  const { done, ...progress } = changed.value;
  if (!done) return c.json(progress, 202);
  logLine("agent-changed", { admin: c.var.person.id, agent: agentId });
  return c.json({ ...(name !== undefined && { name }), groups });
}

/** `DELETE /api/v1/agents/{id}`: ends an agent at once and for good. Doing it again is as good. */
export async function dropAgent(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const revoked = await revokeAgent(id, await c.var.ports.people());
  if (!revoked.ok) return problem(c, agentRoutesFailure(revoked.refusal));
  logLine("agent-revoked", { person: c.var.person.id, agent: id });
  return c.body(null, 204);
}
