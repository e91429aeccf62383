/** The text of a policy, checked against who and what there is. What reads YAML is loaded with the first text, and not when the Worker starts. */
import type { CheckedPolicy } from "#countersign/policy/checking/check-policy.ts";
import type { KnownNames } from "#countersign/policy/checking/check-meaning.ts";
import type { PolicyFinding } from "#countersign/policy/document/finding.ts";
import { accept, refuse, type Result } from "#countersign/result.ts";

export interface CheckPorts {
  /** Who and what a policy may name, from the D1 primary. */
  knownNames(): Promise<KnownNames>;
}

/** The policy, whatever is said of it; refused only if it cannot be read as one. */
export async function checkSource(source: string, ports: CheckPorts): Promise<Result<CheckedPolicy, PolicyFinding[]>> {
  const [known, { checkPolicy }] = await Promise.all([ports.knownNames(), import("#countersign/policy/checking/check-policy.ts")]);
  return checkPolicy(source, known);
}

export interface FaultyPolicy {
  reason: "policy-has-errors";
  findings: PolicyFinding[];
}

/** The policy, if it may be published. */
export async function publishable(source: string, ports: CheckPorts): Promise<Result<CheckedPolicy, FaultyPolicy>> {
  const checked = await checkSource(source, ports);
  if (!checked.ok) return refuse({ reason: "policy-has-errors", findings: checked.refusal });
  const { findings } = checked.value;
  if (findings.some(({ level }) => level === "error")) return refuse({ reason: "policy-has-errors", findings });
  return accept(checked.value);
}
