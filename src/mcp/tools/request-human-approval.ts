import { askTool } from "#api/approval-schemas.ts";
import { DEFAULT_WAIT_SECONDS, readAsk } from "#api/read-ask.ts";
import { accept } from "#countersign/result.ts";
import { ask } from "#gate/approvals/agent-approvals.ts";
import { approvalTool, patience, pendingAsTask, told } from "../approval-tool.ts";

/** Asks people, and waits for the end unless the caller takes a task. */
export const requestHumanApprovalTool = approvalTool({
  name: "request_human_approval",
  title: "Request human approval",
  description:
    "Asks a person to approve one exact action before you do it. Call it before anything that deploys, deletes, pays, publishes or cannot be undone. " +
    "Put everything the action will use into `payload`: the person reads every field, and signs exactly that with a passkey. " +
    "If `status` is 'pending' after the wait, show `approval_url` to the person and call wait_for_approval. " +
    "Act only on 'approved', only with this payload, and only once. " +
    "If you lose the answer, call again with the same arguments: while the request waits, that finds it and asks nobody twice; with an `idempotency_key`, also after its end.",
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  input: askTool,
  startsAtOnce: true,
  tasks: pendingAsTask,
  async run(input, call) {
    const wanted = readAsk(input);
    if (!wanted.ok) return wanted;
    const seconds = input.wait_seconds ?? (call.asTask ? 0 : DEFAULT_WAIT_SECONDS);
    const asked = await ask(wanted.value, call.agent, patience(seconds, call), call.ports.approvals);
    return told(asked.ok ? accept(asked.value.view) : asked);
  },
});
