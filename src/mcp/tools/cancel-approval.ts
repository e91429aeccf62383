import { cancelTool } from "#api/approval-schemas.ts";
import { cancel } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, told } from "../approval-tool.ts";

/** Withdraws a pending request. */
export const cancelApprovalTool = approvalTool({
  name: "cancel_approval",
  title: "Cancel an approval request",
  description:
    "Withdraws a pending request of yours that is no longer needed, so that nobody decides on it. A decided request cannot be cancelled.",
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: cancelTool,
  whileStopped: true,
  run: async (input, { agent, ports }) => told(await cancel(input.request_id, agent, input.reason || null, ports.approvals)),
});
