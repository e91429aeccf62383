/** `/mcp`: reads the body once, strictly, and hands over to src/mcp. */
import type { Context } from "hono";
import { accept } from "#countersign/result.ts";
import type { Failure } from "#rules/failure.ts";
import { acceptedForms } from "#mcp/accepted-forms.ts";
import { toolsFor } from "#mcp/registry.ts";
import { isToldByTool, serveMcp } from "#mcp/server.ts";
import type { App } from "./context.ts";
import { problem } from "./failures.ts";
import { readJsonText } from "./read-body.ts";

const NOT_ACCEPTABLE: Failure = {
  code: "not_acceptable",
  message: "Answers here are application/json or text/event-stream, and the header Accept takes neither.",
};

/** Every method; the protocol says itself which it does not allow. Who calls too often is told so by the tool that was called. */
export async function mcp(c: Context<App>): Promise<Response> {
  const { agent, config, limit, ports } = c.var;
  const caller = { agent, ports: { approvals: ports.agentApprovals() } };
  const refuseAdmitted = async (failure: Failure) => problem(c, (await agent.admitted()) ?? failure);
  const isPost = c.req.method === "POST";
  const accepted = acceptedForms(c.req.header("accept") ?? null);
  if (isPost && accepted === null) return refuseAdmitted(NOT_ACCEPTABLE);
  const text = isPost ? await readJsonText(c.req.raw, config.caps.MAX_BODY_BYTES) : accept(null);
  if (!text.ok) return refuseAdmitted(text.refusal);
  const over = isPost ? null : await agent.admitted();
  if (over !== null) return problem(c, over);
  const refuse = (failure: Failure) => problem(c, failure);
  const answer = await serveMcp(c.req.raw, text.value, caller, toolsFor(agent), { ...limit, refuse }, accepted ?? undefined);
  if (isToldByTool(c.req.raw)) c.set("isTold", true);
  return answer;
}
