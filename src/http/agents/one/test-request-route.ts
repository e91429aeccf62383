/** `POST /api/v1/agents/{id}/test-request`: a request in the agent's name to the admin who sends it, good for nothing. 200 if one is open still. */
import type { Context } from "hono";
import { logLine } from "#config/log-line.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { sendTestRequest } from "#gate/approvals/test/send-test.ts";
import type { App } from "#http/context.ts";
import { problem } from "#http/failures.ts";
import { standingAgent } from "#storage/agents.ts";
import { agentRoutesFailure } from "../agent-failures.ts";

export async function postTestRequest(c: Context<App>): Promise<Response> {
  const { person, config, ports } = c.var;
  const agentId = c.req.param("id") ?? "";
  const sent = await sendTestRequest(agentId, person, {
    ...ports.agentApprovals(),
    standingAgent: (id) => standingAgent(c.env.DB, id),
  });
  if (!sent.ok) {
    const { refusal } = sent;
    return problem(c, refusal.reason === "unknown-agent" ? agentRoutesFailure({ reason: "unknown-agent" }) : agentFailure(refusal));
  }
  const { requestId, isNew } = sent.value;
  logLine("test-requested", { admin: person.id, agent: agentId });
  return c.json({ request_id: requestId, approval_url: `${config.origin}/a/${requestId}` }, isNew ? 201 : 200);
}
