/** Approvals for agents over REST: the same verbs as the MCP tools. */
import type { Context } from "hono";
import type * as z from "zod/mini";
import { answerBody, askBody, cancelBody, idempotencyHeader, outcomeBody, redeemBody, waitQuery } from "#api/approval-schemas.ts";
import { checkInput } from "#api/check-input.ts";
import { DEFAULT_WAIT_SECONDS, readAsk, readRedeemCall } from "#api/read-ask.ts";
import { accept, type Result } from "#countersign/result.ts";
import { answerAsked, ask, cancel, redeem, reportOn, waitFor } from "#gate/approvals/agent-approvals.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import type { Failure } from "#rules/failure.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";

/** `POST /api/v1/approvals`: 201 for a new request, 200 for one asked for before. */
export async function askForApproval(c: Context<App>): Promise<Response> {
  const body = await readKeyed(c, askBody);
  if (!body.ok) return problem(c, body.refusal);
  const wanted = readAsk(body.value);
  if (!wanted.ok) return problem(c, wanted.refusal);
  const patience = { seconds: body.value.wait_seconds ?? DEFAULT_WAIT_SECONDS, isMute: true };
  const asked = await ask(wanted.value, c.var.agent, patience, c.var.ports.agentApprovals());
  return asked.ok ? c.json(asked.value.view, asked.value.isNew ? 201 : 200) : problem(c, agentFailure(asked.refusal));
}

/** A body whose idempotency key may also come as the `Idempotency-Key` header, which then counts. */
async function readKeyed<Schema extends z.ZodMiniType<{ idempotency_key?: string | undefined }>>(
  c: Context<App>,
  schema: Schema,
): Promise<Result<z.output<Schema>, Failure>> {
  const body = await readBody(c.req.raw, schema, c.var.config.caps.MAX_BODY_BYTES);
  const header = c.req.header("idempotency-key");
  if (!body.ok || header === undefined || header === "") return body;
  const key = checkInput(idempotencyHeader, header);
  return key.ok ? accept({ ...body.value, idempotency_key: key.value }) : key;
}

/** `GET /api/v1/approvals/{id}?wait=25`: returns as soon as it is final. */
export async function showApprovalState(c: Context<App>): Promise<Response> {
  const query = checkInput(waitQuery, c.req.query());
  if (!query.ok) return problem(c, query.refusal);
  const patience = { seconds: query.value.wait ?? 0 };
  const found = await waitFor(c.req.param("id") ?? "", c.var.agent, patience, c.var.ports.agentApprovals());
  return found.ok ? c.json(found.value) : problem(c, agentFailure(found.refusal));
}

/** `POST /api/v1/approvals/{id}/cancel`. */
export async function cancelApproval(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, cancelBody, c.var.config.caps.MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const cancelled = await cancel(c.req.param("id") ?? "", c.var.agent, body.value.reason || null, c.var.ports.agentApprovals());
  return cancelled.ok ? c.json(cancelled.value) : problem(c, agentFailure(cancelled.refusal));
}

/** `POST /api/v1/approvals/{id}/redeem`. */
export async function postRedemption(c: Context<App>): Promise<Response> {
  const body = await readKeyed(c, redeemBody);
  if (!body.ok) return problem(c, body.refusal);
  const wanted = readRedeemCall(body.value);
  if (!wanted.ok) return problem(c, wanted.refusal);
  const redeemed = await redeem(c.req.param("id") ?? "", c.var.agent, wanted.value, c.var.ports.agentApprovals());
  return redeemed.ok ? c.json(redeemed.value) : problem(c, agentFailure(redeemed.refusal));
}

/** `POST /api/v1/approvals/{id}/outcome`. */
export async function postOutcome(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, outcomeBody, c.var.config.caps.MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const said = { outcome: body.value.outcome, detail: body.value.detail || null };
  const reported = await reportOn(c.req.param("id") ?? "", c.var.agent, said, c.var.ports.agentApprovals());
  return reported.ok ? c.json(reported.value) : problem(c, agentFailure(reported.refusal));
}

/** `POST /api/v1/approvals/{id}/answer`. */
export async function postAnswer(c: Context<App>): Promise<Response> {
  const body = await readBody(c.req.raw, answerBody, c.var.config.caps.MAX_BODY_BYTES);
  if (!body.ok) return problem(c, body.refusal);
  const said = { questionId: body.value.question_id ?? null, text: body.value.answer };
  const answered = await answerAsked(c.req.param("id") ?? "", c.var.agent, said, c.var.ports.agentApprovals());
  return answered.ok ? c.json(answered.value) : problem(c, agentFailure(answered.refusal));
}
