/** What people do with a request before they decide it: nothing here is signed, and nothing of it decides. */
import type { Context } from "hono";
import * as z from "zod/mini";
import { hasVisible } from "#countersign/text/display-text.ts";
import { logLine } from "#config/log-line.ts";
import { personFailure } from "#gate/approvals/approval-failures.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { readBody } from "#http/read-body.ts";
import { MAX_QUESTION_LENGTH } from "#rules/talk/limits.ts";
import { pageState } from "./visible-approval.ts";

const questionBody = z.strictObject({
  question: z.string().check(
    z.minLength(1),
    z.maxLength(MAX_QUESTION_LENGTH),
    z.refine((text) => hasVisible(text), "it has no character that people see"),
  ),
});

/** `POST /a/{id}/question`: asks the agent something before deciding. */
export async function askAgent(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const approval = c.var.ports.approval(id);
  if (approval === null) return problem(c, personFailure({ reason: "not-visible" }));
  const body = await readBody(c.req.raw, questionBody);
  if (!body.ok) return problem(c, body.refusal);
  const { id: personId, username } = c.var.person;
  const asked = await approval.askBack({ person: { id: personId, username }, text: body.value.question });
  if (!asked.ok) return problem(c, personFailure(asked.refusal));
  logLine("asked-back", { request: id, person: personId });
  return c.json(pageState(asked.value));
}

/** `POST /a/{id}/time`: gives more time. How much is not the caller's to say. */
export async function giveTime(c: Context<App>): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const approval = c.var.ports.approval(id);
  if (approval === null) return problem(c, personFailure({ reason: "not-visible" }));
  const { id: personId, username } = c.var.person;
  const given = await approval.giveMoreTime({ id: personId, username });
  if (!given.ok) return problem(c, personFailure(given.refusal));
  logLine("time-given", { request: id, person: personId });
  return c.json(pageState(given.value));
}
