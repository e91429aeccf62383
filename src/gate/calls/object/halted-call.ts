/** Whether an approved call's agent was revoked, or it or everything stopped, since it was asked for. */
import type { ApprovalState } from "#rules/approval.ts";
import type { CallRun } from "#rules/calls/gated-call.ts";
import { AGENT_STOPPED, KEY_REVOKED } from "#rules/failure.ts";
import { type AgentFacts, isStoppedSince } from "#rules/policies/judged.ts";
import type { RunPorts } from "./run-ports.ts";

/** What is told of it then; null if it stands. `agent`: null if it is revoked. */
export function haltedBy({ judged }: ApprovalState, agent: AgentFacts | null): CallRun | null {
  const failure = agent === null ? KEY_REVOKED : isStoppedSince(judged, agent) ? AGENT_STOPPED : null;
  return failure === null ? null : { status: "refused", code: failure.code, message: failure.message, rule: null };
}

/** The same as it stands at this moment. Throws if that cannot be known. */
export async function haltedNow({ store, standing }: Pick<RunPorts, "store" | "standing">): Promise<CallRun | null> {
  const approval = store.read();
  if (approval === null) return null;
  const { agent } = await standing.standingOf(approval.request.requested_by.id, [], false);
  return haltedBy(approval, agent);
}
