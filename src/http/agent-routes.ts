/** How admins make, list and stop agents. */
import type { Context } from "hono";
import type { JsonValue } from "../core/canonical-json.ts";
import { authorisationShape } from "../core/record.ts";
import { list } from "../core/shape.ts";
import { createAgent, draftAgent } from "../gate/create-agent.ts";
import { revokeAgent } from "../gate/revoke-agent.ts";
import { logLine } from "../log-line.ts";
import { allAgents } from "../storage/agents.ts";
import { standingCredentialsOf } from "../storage/people.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { authorisationFailure } from "./people-failures.ts";
import { peoplePorts } from "./people-ports.ts";
import { agentBody, agentDraftBody } from "./people-schemas.ts";
import { checkDocument, readBody } from "./read-body.ts";

/** `POST /admin/agents/statement`: what this admin has to sign to make an agent of that name. */
export async function draftAgentStatement(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentDraftBody);
  if (!body.ok) return problem(c, body.refusal);
  const statement = draftAgent(body.value.name, c.var.person.id, await peoplePorts(c));
  const credentials = await standingCredentialsOf(c.env.DB, c.var.person.id);
  return c.json({ statement, credentials, rp_id: c.var.config.rpId });
}

/** `POST /api/v1/agents`: makes an agent that the admin has signed for. The key is in this answer and nowhere else. */
export async function makeAgent(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, agentBody);
  if (!body.ok) return problem(c, body.refusal);
  const authorisation = checkDocument(list(authorisationShape), body.value.authorisation as JsonValue[], "authorisation");
  if (!authorisation.ok) return problem(c, authorisation.refusal);
  const made = await createAgent(body.value.name, c.var.person.id, authorisation.value, await peoplePorts(c));
  if (!made.ok) return problem(c, authorisationFailure(made.refusal));
  logLine("agent-created", { person: c.var.person.id, agent: made.value.id });
  return c.json(made.value, 201);
}

/** `GET /api/v1/agents`: every agent, revoked ones too. */
export async function listAgents(c: Context<App>): Promise<Response> {
  const agents = await allAgents(c.env.DB);
  const items = agents.map(({ id, name, owner, createdAt, revokedAt }) => ({
    id,
    name,
    owner,
    created_at: createdAt,
    revoked_at: revokedAt,
  }));
  return c.json({ items });
}

/** `DELETE /api/v1/agents/{id}`: stops an agent at once. Doing it again is as good. */
export async function stopAgent(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const revoked = await revokeAgent(id, await peoplePorts(c));
  if (!revoked.ok) return problem(c, { code: "not_found", message: "There is no such agent.", reason: revoked.refusal.reason });
  logLine("agent-revoked", { person: c.var.person.id, agent: id });
  return c.body(null, 204);
}
