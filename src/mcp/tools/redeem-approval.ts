import { redeemTool } from "#api/approval-schemas.ts";
import { readRedeemCall } from "#api/read-ask.ts";
import { redeem } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, told } from "../approval-tool.ts";

/** Uses an approval up. */
export const redeemApprovalTool = approvalTool({
  name: "redeem_approval",
  title: "Redeem an approval",
  description:
    "Uses an approved request up, once, right before you act: pass the exact payload that you are about to use. Act only if this succeeds. " +
    "It refuses a payload that differs in anything, a second redemption, and one later than `use_by`. Set `idempotency_key` so that a retry gets the same answer.",
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: redeemTool,
  async run(input, { agent, ports }) {
    const wanted = readRedeemCall(input);
    return wanted.ok ? told(await redeem(input.request_id, agent, wanted.value, ports.approvals)) : wanted;
  },
});
