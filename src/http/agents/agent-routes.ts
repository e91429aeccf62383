/** How admins make, list and stop agents. */
import type { Context } from "hono";
import { createAgent, draftAgent, draftProposedAgent } from "#gate/agents/create-agent.ts";
import { revokeAgent } from "#gate/agents/revoke-agent.ts";
import { logLine } from "#config/log-line.ts";
import { allAgents } from "#storage/agents.ts";
import { answerStatement, readAuthorisation } from "#http/signatures/admin-signature.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { agentRoutesFailure } from "./agent-failures.ts";
import { agentBody, agentDraftBody } from "#api/people-schemas.ts";
import { proposedAgents } from "./agent-items.ts";
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
  const proposed = await proposedAgents(c.env.DB, c.var.config.adminsRequired, ports.now());
  const agent = proposed.find((one) => one.id === id && one.name === name);
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

/** `GET /api/v1/agents`: every agent, revoked ones too; and those that lack an admin's signature. */
export async function listAgents(c: Context<App>): Promise<Response> {
  const [agents, waiting] = await Promise.all([allAgents(c.env.DB), proposedAgents(c.env.DB, c.var.config.adminsRequired, Date.now())]);
  const items = agents.map(({ id, name, owner, createdAt, revokedAt }) => ({
    id,
    name,
    owner,
    created_at: createdAt,
    revoked_at: revokedAt,
  }));
  return c.json({ items, waiting });
}

/** `DELETE /api/v1/agents/{id}`: stops an agent at once. Doing it again is as good. */
export async function stopAgent(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const revoked = await revokeAgent(id, await c.var.ports.people());
  if (!revoked.ok) return problem(c, agentRoutesFailure(revoked.refusal));
  logLine("agent-revoked", { person: c.var.person.id, agent: id });
  return c.body(null, 204);
}
