/** The evidence that a rule wants of a call, looked at before the call is admitted; and what an agent is told of evidence that does not hold. */
import { canonicalize } from "#countersign/json/canonical-json.ts";
import { isEvidenceEnough } from "#countersign/policy/judging/handling.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";
import type { ChallengeReason, EvidenceReason } from "#countersign/verified/verified-approval.ts";
import type { CallHandling } from "#rules/calls/handling.ts";
import type { ServerInForce } from "#rules/calls/server-settings.ts";
import type { Failure } from "#rules/failure.ts";
import type { CallingAgent, CallingPorts, WantedCall } from "../calling.ts";
import { type CheckedEvidence, checkEvidence } from "./check-evidence.ts";

const TOLD: Record<EvidenceReason | ChallengeReason, string> = {
  missing_evidence: "This call needs the evidence of a passkey: ask approval/challenge/create for a challenge first.",
  unsupported_method: "Evidence is taken by the method webauthn alone.",
  challenge_unknown: "There is no such challenge of yours here. Ask for a new one.",
  challenge_consumed: "This challenge has served already. Ask for a new one.",
  challenge_expired: "This challenge is over. Ask for a new one.",
  challenge_wrong_tool: "This challenge was made for another tool.",
  unknown_credential: "This passkey is none of an approver here.",
  authenticator_class_mismatch: "This passkey is not of the kind that the rule wants.",
  signature_verification_failed: "The passkey's signature does not verify.",
  signature_counter_regression: "The passkey's counter did not go on.",
  argument_hash_mismatch: "The evidence is of other arguments than this call's.",
  tool_not_approved_required: "No call of this tool needs evidence.",
  no_eligible_credential: "Nobody who may approve here has a passkey of the kind that the rule wants.",
};

/** A refusal by the name of the check. Nothing was sent. */
export const evidenceFailure = (reason: EvidenceReason | ChallengeReason, rule?: string): Failure => ({
  code: "evidence_not_accepted",
  message: `${TOLD[reason]} Nothing was sent.`,
  evidence: reason,
  ...(rule !== undefined && { rule }),
});

interface EvidencedCall {
  wanted: WantedCall;
  agent: Pick<CallingAgent, "id">;
  /** What it is called. */
  name: string;
  server: ServerInForce;
  handling: CallHandling;
}

/** Null where no rule wants any: then nothing is read. */
export async function evidenceFor(
  { wanted, agent, name: agentName, server, handling }: EvidencedCall,
  ports: CallingPorts,
): Promise<Result<CheckedEvidence | null, Failure>> {
  if (handling.verified === undefined) return accept(null);
  // The protocol has no challenge for what is no tool.
  if (wanted.method !== "tools/call") return refuse(evidenceFailure("missing_evidence"));
  if (isEvidenceEnough(handling.verified, wanted.spent)) return accept(null);
  const { id, name } = server.settings;
  const call = {
    agent: { id: agent.id, name: agentName },
    server: { id, name },
    tool: wanted.tool,
    args: canonicalize(wanted.args),
    wanted: handling.verified,
  };
  const checked = await checkEvidence(wanted.evidence, call, await ports.verified());
  return checked.ok ? checked : refuse(evidenceFailure(checked.refusal));
}
