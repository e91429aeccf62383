/** Which rules of a policy count for what is judged, and what each comes to now: steps 1 and 2 of judge.ts. */
import type { Workload } from "../conditions/workload.ts";
import type { PolicyEffect, RiskLevel } from "../document/policy-document.ts";
import type { CompiledPolicy, CompiledRule, CompiledSlot } from "./compiled.ts";
import type { PolicyFacts } from "./facts.ts";
import { conditionHolds, fitsMatch } from "./matching.ts";
import { riskOf, risksAdded } from "./risk.ts";
import { isUnwrapping } from "./calls/unwrap.ts";
import { isOpen } from "./window.ts";

/** What a rule, or the whole policy, would have done that only observes. */
export interface Observed {
  rule: string;
  effect: PolicyEffect;
  risk: RiskLevel;
  /** Whether its condition failed: it would have been carried along. */
  failed: boolean;
}

/** A rule that decides or is carried, with what it comes to now. */
export interface Applied {
  rule: CompiledRule;
  effect: PolicyEffect;
  code: "policy_denied" | "outside_window" | null;
  isOpen: boolean;
  slots: readonly CompiledSlot[];
}

/** Which rules count. */
export interface ChosenRules {
  decides: CompiledRule;
  carried: CompiledRule[];
  observed: Observed[];
  /** The rule that says which call this really is, and whether its condition held; it is the first that matched. Of a call within: it holds one more. */
  unwraps: CompiledRule | null;
  isUnwrapped: boolean;
}

/** `otherwise` decides where nothing matched: the defaults, or of what is judged as another call the rule that says so. */
export function chooseRules(policy: CompiledPolicy, facts: PolicyFacts, work: Workload, otherwise: CompiledRule): ChosenRules {
  const [carried, observed]: [CompiledRule[], Observed[]] = [[], []];
  const chosen = { decides: otherwise, carried, observed, unwraps: null, isUnwrapped: false };
  for (const rule of policy.rules) {
    if (!fitsMatch(rule, facts)) continue;
    const holds = conditionHolds(rule.when, work);
    if (isUnwrapping(rule, facts) && holds !== false) return { ...chosen, unwraps: rule, isUnwrapped: holds === true };
    if (holds === false || (holds === null && rule.effect === "allow")) continue;
    if (rule.observes) {
      const { level: risk } = riskOf(rule.risk, risksAdded(facts, policy.lists));
      observed.push({ rule: rule.name, effect: applyRule(rule, facts).effect, risk, failed: holds === null });
    } else if (holds === null) {
      carried.push(rule);
    } else {
      return { ...chosen, decides: rule };
    }
  }
  return chosen;
}

/** What a rule comes to at this moment: outside its window it refuses, or asks others. */
export function applyRule(rule: CompiledRule, { nowMs }: PolicyFacts): Applied {
  const open = rule.window === null || isOpen(rule.window, nowMs);
  if (rule.effect === "deny") return { rule, effect: "deny", code: "policy_denied", isOpen: open, slots: [] };
  if (open) return { rule, effect: rule.effect, code: null, isOpen: true, slots: rule.slots };
  if (rule.outside === null) return { rule, effect: "deny", code: "outside_window", isOpen: false, slots: [] };
  return { rule, effect: "require_approval", code: null, isOpen: false, slots: rule.outside };
}
