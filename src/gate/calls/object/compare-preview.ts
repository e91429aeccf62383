/** Whether an approved call is still what people saw: the server takes it as it was, and what was called before asking says the same now. */
import { isV2 } from "#countersign/documents/request.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ApprovalState } from "#rules/approval.ts";
import type { CallPayload, CallToSend } from "#rules/calls/gated-call.ts";
import type { AgentFacts } from "#rules/policies/judged.ts";
import { takePreview } from "../preview/take-preview.ts";
import { compareCall, type ComparedCall, type NotComparable } from "./compare-call.ts";
import type { RunPorts } from "./run-ports.ts";

const CHANGED: NotComparable = {
  code: "preview_changed",
  message:
    "What people saw before they approved this call is not so any more: its preview says something else now. Nothing was sent. Make the call again, so that they see how it stands.",
  isFinal: true,
};

/** First whether it can be sent at all, then what its preview says: nothing may come between that and the claim. */
export async function compareForUse(
  payload: CallPayload,
  call: CallToSend,
  approval: ApprovalState,
  agent: AgentFacts,
  ports: RunPorts,
): Promise<Result<ComparedCall, NotComparable>> {
  const compared = await compareCall(payload, call, agent.epoch, ports.servers);
  if (!compared.ok || call.preview === undefined) return compared;
  const { request } = approval;
  const { server, spoken, epoch } = compared.value;
  const policy = await ports.policyOf(epoch);
  const { rule, tool, args, pick } = call.preview;
  const of = {
    wanted: { rule, tool, args, pick },
    agent: request.requested_by,
    facts: agent,
    policy,
    server,
    spoken,
    mask: call.handling.mask,
    trace: call.trace,
  };
  const taken = await takePreview(of, ports.previewsOf(request.requested_by.id));
  if (!taken.ok) {
    const { code, message } = taken.refusal;
    return refuse({ code, message, isFinal: false, isOfPreview: true });
  }
  const signed = isV2(request) ? request.context.preview_hash : undefined;
  return signed === taken.value.hash ? accept(compared.value) : refuse(CHANGED);
}
