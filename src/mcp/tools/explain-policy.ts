import { type Explanation, explanationDocument, explainTool } from "#api/explanation.ts";
import { readAsk } from "#api/read-ask.ts";
import { accept, refuse } from "#countersign/result.ts";
import { agentFailure } from "#gate/approvals/approval-failures.ts";
import { type ExplainedAsk, explainPolicy } from "#gate/approvals/explain-policy.ts";
import { served } from "../tool.ts";

function told({ judged, usernames }: ExplainedAsk): Explanation {
  const { effect, rule, code, message, risk, slots, expiresIn, useWithin } = judged.judgement;
  const named = (ids: readonly string[]) => ids.map((id) => usernames.get(id) ?? id).toSorted();
  const why = code === null ? {} : { code, message: agentFailure({ reason: "denied", code, rule, message }).message };
  return {
    effect,
    rule,
    policy_version: judged.policy.version,
    ...why,
    risk: { level: risk.level, score: risk.score, reasons: [...risk.reasons] },
    approvers: [...new Set(slots.flatMap(({ eligible }) => named(eligible)))].toSorted(),
    slots: slots.map(({ name, required, eligible, escalations }) => ({
      name,
      required,
      approvers: named(eligible),
      later: escalations.map((step) => ({ after_seconds: step.after, approvers: named(step.eligible) })),
    })),
    expires_in_seconds: expiresIn,
    use_within_seconds: useWithin,
  };
}

/** Says what would become of an ask. Opens nothing, and allows nothing. */
export const explainPolicyTool = served({
  name: "explain_policy",
  title: "Explain the policy",
  description:
    "Says what this service's policy would do with an action before you ask: whether it passes, who would have to approve, or why it is refused. " +
    "Use it to plan, or to choose another way. It opens nothing and allows nothing: what you do needs request_human_approval all the same, and may be judged otherwise by then.",
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: explainTool,
  output: explanationDocument,
  log: ({ effect }) => ({ code: effect }),
  async run(input, { agent, ports }) {
    const wanted = readAsk({ ...input, action: input.action ?? "" });
    if (!wanted.ok) return wanted;
    const explained = await explainPolicy(wanted.value, agent, ports.approvals);
    return explained.ok ? accept(told(explained.value)) : refuse(agentFailure(explained.refusal));
  },
});
