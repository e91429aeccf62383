/** Evidence that holds is consumed once the call is admitted, and before anything is sent or anybody is asked (SEP-2672, 4.8, 13 and 14). */
import type { JudgedCall } from "#gate/calls/calling.ts";
import { consumeEvidence } from "#gate/calls/verified/check-evidence.ts";
import { evidenceFailure } from "#gate/calls/verified/evidence-for.ts";
import { errorText, logLine } from "#config/log-line.ts";
import { AGENT_STOPPED, type Failure, KEY_REVOKED } from "#rules/failure.ts";
import type { GatewayCaller } from "../gateway-caller.ts";

const NOT_KNOWN: Failure = {
  code: "unavailable",
  message: "It could not be recorded that this evidence is used. Nothing was sent: ask for a new challenge, and call again.",
};
const CHANGED: Failure = {
  code: "policy_changed",
  message:
    "What this call is judged by has changed while its evidence was recorded. Nothing was sent: ask for a new challenge, and call again.",
};

/** Null if the call may go on: its evidence, if it needs any, is consumed, and what it was judged by is still so. */
export async function refusedEvidence({ evidence, facts }: JudgedCall, { agent, ports }: GatewayCaller): Promise<Failure | null> {
  if (evidence === undefined) return null;
  try {
    const consumed = await consumeEvidence(evidence.checked, await ports.verified());
    if (!consumed.ok) return evidenceFailure(consumed.refusal);
  } catch (error) {
    logLine("tool", { code: "unavailable", error: errorText(error) });
    return NOT_KNOWN;
  }
  // The log took a while: nothing is sent by what stood before it.
  const now = await agent.stands();
  if (now === null) return KEY_REVOKED;
  if (now.isStopped) return AGENT_STOPPED;
  return now.epoch === facts.epoch ? null : CHANGED;
}
