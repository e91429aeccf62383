import { waitTool } from "#api/approval-schemas.ts";
import { DEFAULT_WAIT_SECONDS } from "#api/read-ask.ts";
import { waitFor } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, patience, told } from "../approval-tool.ts";

/** Waits on. It is never a task: to cancel the task of a wait would be to withdraw the request. */
export const waitForApprovalTool = approvalTool({
  name: "wait_for_approval",
  title: "Wait for approval",
  description:
    "Waits for the decision on a request you made, and returns at once if there is one. Call it again while `status` is 'pending'; calling it changes nothing. " +
    "A client that gives up meanwhile loses nothing: keep `wait_seconds` at 50 or less unless you know that yours waits longer.",
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  input: waitTool,
  startsAtOnce: true,
  run: async (input, call) =>
    told(
      await waitFor(
        input.request_id,
        call.agent,
        { ...patience(input.wait_seconds ?? DEFAULT_WAIT_SECONDS, call), isMute: false },
        call.ports.approvals,
      ),
    ),
});
