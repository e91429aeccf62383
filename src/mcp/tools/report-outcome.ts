import { outcomeTool } from "#api/approval-schemas.ts";
import { reportOn } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, told } from "../approval-tool.ts";

/** Says how the action went. */
export const reportOutcomeTool = approvalTool({
  name: "report_outcome",
  title: "Report the outcome",
  description:
    "Says how a redeemed action went, for the record: succeeded, failed, or unknown if you cannot tell (an outcome may follow later). Call it once, after acting.",
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: outcomeTool,
  whileStopped: true,
  run: async (input, { agent, ports }) =>
    told(await reportOn(input.request_id, agent, { outcome: input.outcome, detail: input.detail || null }, ports.approvals)),
});
