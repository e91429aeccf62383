/** Approvals for agents over REST: the same verbs as the MCP tools. */
import type { Context } from "hono";
import { askBody, cancelBody, idempotencyHeader, waitQuery } from "../api/approval-schemas.ts";
import { checkInput } from "../api/check-input.ts";
import { DEFAULT_WAIT_SECONDS, readAsk } from "../api/read-ask.ts";
import { ask, cancel, waitFor } from "../gate/agent-approvals.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { agentApprovalPorts } from "./gate-ports.ts";
import { readBody } from "./read-body.ts";

/** `POST /api/v1/approvals`: 201 for a new request, 200 for one asked for before with the same key. */
export async function askForApproval(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, askBody);
  if (!body.ok) return problem(c, body.refusal);
  const header = c.req.header("idempotency-key");
  const key = header === undefined ? body.value.idempotency_key : checkInput(idempotencyHeader, header);
  if (typeof key === "object" && !key.ok) return problem(c, key.refusal);
  const idempotencyKey = typeof key === "object" ? key.value : key;

  const wanted = readAsk({ ...body.value, ...(idempotencyKey !== undefined && { idempotency_key: idempotencyKey }) });
  if (!wanted.ok) return problem(c, wanted.refusal);
  const patience = { seconds: body.value.wait_seconds ?? DEFAULT_WAIT_SECONDS };
  const asked = await ask(wanted.value, c.var.agent, patience, agentApprovalPorts(c.env, c.var.config));
  return asked.ok ? c.json(asked.value.view, asked.value.isNew ? 201 : 200) : problem(c, asked.refusal);
}

/** `GET /api/v1/approvals/{id}?wait=25`: returns as soon as it is final. */
export async function readApproval(c: Context<App>): Promise<Response> {
  const query = checkInput(waitQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const patience = { seconds: query.value.wait ?? 0 };
  const found = await waitFor(c.req.param("id") ?? "", c.var.agent, patience, agentApprovalPorts(c.env, c.var.config));
  return found.ok ? c.json(found.value) : problem(c, found.refusal);
}

/** `POST /api/v1/approvals/{id}/cancel`. */
export async function cancelApproval(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, cancelBody);
  if (!body.ok) return problem(c, body.refusal);
  const cancelled = await cancel(c.req.param("id") ?? "", c.var.agent, body.value.reason || null, agentApprovalPorts(c.env, c.var.config));
  return cancelled.ok ? c.json(cancelled.value) : problem(c, cancelled.refusal);
}
